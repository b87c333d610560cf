"""The start of an acoustic model: a pre-trained encoder, or a voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from pngnat.errors import PngnatError
from pngnat.models.png_bert import PngBert
from pngnat.models.png_nat import PngNat
from pngnat.stamps import digest
from pngnat.text.tokenizer import FILE as TOKENIZER
from pngnat.text.tokenizer import PngTokenizer
from pngnat.voice.card import MEL_DISCRIMINATOR, find_voice
from pngnat.voice.modules import VoiceModules
from pngnat.voice.weights import load_weights


def start_from_encoder(model: PngNat, folder: Path, tokenizer: Path) -> None:
    """Copy a pre-trained PnG BERT into the model. tokenizer: folder with the tokenizer.json of the training.

    Raises PngnatError if tokenizer or sizes differ, or if the model has no PnG BERT.
    """
    from pngnat.models.png_bert_pretraining import load_pretrained

    if not isinstance(model.encoder, PngBert):
        raise PngnatError("encoder_from needs a model with a PnG BERT encoder; choose model=small or model=paper")
    pretrained = load_pretrained(folder)
    # Another vocabulary of the same size would fit, with another meaning for every wordpiece.
    if digest(folder / TOKENIZER) != digest(tokenizer / TOKENIZER):
        raise PngnatError(
            f"the encoder in {folder} was pre-trained with another tokenizer than this model's: give tokenizer={folder}"
        )
    _copy(model.encoder, pretrained.encoder.state_dict(), f"the encoder in {folder}")


def voice_discriminator(voice: str | Path) -> dict[str, torch.Tensor] | None:
    """Return the weights of a voice's mel discriminator (name or folder); None if it has none."""
    folder = find_voice(voice)
    return load_weights(folder, MEL_DISCRIMINATOR) if (folder / MEL_DISCRIMINATOR).exists() else None


def start_from_frozen(encoder: PngBert, voice: VoiceModules, tokenizer: PngTokenizer) -> None:
    """Copy a voice's embeddings and frozen layers into a PnG BERT, and freeze them.

    The upper layers of the voice were trained on sound; pre-training soon learns them again from text. tokenizer: of
    the pre-training. Raises PngnatError if the voice has no frozen layers, or another tokenizer or other sizes.
    """
    model = voice.acoustic
    if not isinstance(model.encoder, PngBert) or model.config.frozen_layers < 0:
        raise PngnatError(
            f"the voice '{voice.name}' has no encoder layers that were frozen in its training: nothing to start from"
        )
    if voice.tokenizer.wordpieces != tokenizer.wordpieces:
        raise PngnatError(f"the voice '{voice.name}' has another tokenizer: give its folder as text.tokenizer")
    encoder.freeze(model.config.frozen_layers)
    learned = {name for name, value in encoder.named_parameters() if value.requires_grad}
    kept = {name: value for name, value in model.encoder.state_dict().items() if name not in learned}
    _copy(encoder, encoder.state_dict() | kept, f"the encoder of the voice '{voice.name}'")


@torch.no_grad()
def start_from_model(
    model: PngNat,
    speakers: Sequence[str],
    donor: PngNat,
    donor_speakers: Sequence[str],
    nearest: Mapping[str, str] | None = None,
) -> None:
    """Copy a trained model. speakers, donor_speakers: names of the rows of the two speaker tables.

    A speaker that the donor does not know starts as the one that `nearest` names, else as the mean of the donor's
    speakers.
    """
    weights = donor.state_dict()
    rows = weights.pop("speaker.weight")
    known = {name: rows[row] for row, name in enumerate(donor_speakers)}
    stand_ins = {name: known[other] for name, other in (nearest or {}).items()}
    weights["speaker.weight"] = torch.stack([known.get(name, stand_ins.get(name, rows.mean(0))) for name in speakers])
    _copy(model, weights, "the voice")


@torch.no_grad()
def start_resized(model: PngNat, speakers: Sequence[str], donor: PngNat, donor_speakers: Sequence[str]) -> list[str]:
    """Copy the weights that fit from a trained model of other parts, and return the names of those that stay random.

    Weights of the same name and shape are copied. From a decoder block's dense layers that are wider in the donor, the
    most important units are copied.
    """
    own, theirs = model.state_dict(), donor.state_dict()
    for name in [name for name in theirs if name.endswith("expand.weight")]:
        block = name.removesuffix("expand.weight")
        if (count := len(own.get(name, ()))) < len(theirs[name]):
            importance = theirs[name].norm(dim=1) * theirs[f"{block}contract.weight"].norm(dim=0)
            kept = importance.topk(count).indices.sort().values
            for part, dimension in (("expand.weight", 0), ("expand.bias", 0), ("contract.weight", 1)):
                theirs[block + part] = theirs[block + part].index_select(dimension, kept)
    fitting = {name: value for name, value in theirs.items() if name in own and own[name].shape == value.shape}
    rows = theirs["speaker.weight"]
    if rows.shape[1] == own["speaker.weight"].shape[1]:
        known = dict(zip(donor_speakers, rows, strict=True))
        fitting["speaker.weight"] = torch.stack([known.get(name, rows.mean(0)) for name in speakers])
    _copy(model, own | fitting, "the voice")
    return sorted(set(own) - set(fitting))


def _copy(module: torch.nn.Module, weights: dict, source: str) -> None:
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise PngnatError(f"{source} has other sizes than the model: {str(error).splitlines()[-1].strip()}") from error
