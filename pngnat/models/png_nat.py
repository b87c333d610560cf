"""PnG NAT: text tokens to a log-mel spectrogram, by an encoder, durations, Gaussian upsampling and a decoder.

B utterances, N phoneme-segment tokens, L all tokens, T mel frames, M mel bins, D width.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

import torch
from torch import Tensor, nn

from pngnat.audio.config import AudioConfig
from pngnat.models.batch import PngBatch, length_mask
from pngnat.models.decoder import DecoderConfig, PostNet, PostNetConfig, build_decoder
from pngnat.models.durations import (
    DurationPredictor,
    PredictorConfig,
    RangePredictor,
    frame_counts,
    gaussian_weights,
    upsample,
)
from pngnat.models.phoneme_encoder import PhonemeEncoder, PhonemeEncoderConfig
from pngnat.models.png_bert import PngBert, PngBertConfig
from pngnat.models.prosody import Prosody, ProsodyConfig


@dataclass(frozen=True)
class PngNatConfig:
    """Parts and sizes of the acoustic model."""

    encoder: PngBertConfig | PhonemeEncoderConfig
    """A PngBertConfig makes it PnG NAT, a PhonemeEncoderConfig plain NAT."""
    speakers: int
    """Rows of the speaker table."""
    speaker_width: int = 64
    """Of the speakers' embeddings."""
    predictor: PredictorConfig = field(default_factory=PredictorConfig)
    """Sizes of the predictors of durations and ranges."""
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    """Kind and sizes of the decoder."""
    postnet: PostNetConfig | None = field(default_factory=PostNetConfig)
    """Sizes of the post-net; null where the decoder's mel is the model's."""
    audio: AudioConfig = field(default_factory=AudioConfig)
    """Sampling and mel settings."""
    position_width: int = 32
    """Of the embedding of a frame's place in its token."""
    prosody: ProsodyConfig | None = None
    """A pitch and a loudness for each token, which the decoder is given; null leaves melody to the decoder alone, as
    the paper does."""
    frozen_layers: int = -1
    """PnG BERT layers, counted from the embeddings, that are not trained; -1 trains all, embeddings included."""
    mel_offset: float = -5.0
    """Typical mean of a log-mel, so that the networks work near zero mean."""
    mel_scale: float = 2.5
    """Typical spread of a log-mel, so that the networks work near unit variance."""

    def to_dict(self) -> dict:
        """JSON values alone; the encoder names its kind."""
        return {**asdict(self), "encoder": {"kind": _encoder_kind(self.encoder), **asdict(self.encoder)}}

    @classmethod
    def from_dict(cls, values: dict) -> PngNatConfig:
        """The config that `to_dict` wrote. Raises ValueError, TypeError or KeyError where it is not one."""
        values = dict(values)
        encoder = dict(values.pop("encoder"))
        kind = encoder.pop("kind")
        if kind not in ENCODERS:
            raise ValueError(f"unknown encoder kind {kind!r}; there are {', '.join(ENCODERS)}")
        parts = {"predictor": PredictorConfig, "decoder": DecoderConfig, "postnet": PostNetConfig, "audio": AudioConfig}
        parts["prosody"] = ProsodyConfig
        built = {name: part(**values.pop(name)) for name, part in parts.items() if values.get(name) is not None}
        return cls(encoder=ENCODERS[kind][0](**encoder), **built, **values)

    def with_speakers(self, speakers: int) -> PngNatConfig:
        """The same model with another number of speakers."""
        return replace(self, speakers=speakers)


ENCODERS: dict[str, tuple[type, type]] = {
    "png_bert": (PngBertConfig, PngBert),
    "phoneme": (PhonemeEncoderConfig, PhonemeEncoder),
}


def _encoder_kind(config: PngBertConfig | PhonemeEncoderConfig) -> str:
    return next(kind for kind, (config_class, _) in ENCODERS.items() if isinstance(config, config_class))


@dataclass(frozen=True)
class Prediction:
    """What a training step compares with the recording.

    durations: (B, N) seconds. mel: (B, T, M) normalized log-mel. coarse: the same before the post-net, None without
    one.
    prosody: (B, N, 2), None in a model without.
    """

    durations: Tensor
    mel: Tensor
    coarse: Tensor | None = None
    prosody: Tensor | None = None


class PngNat(nn.Module):
    """The acoustic model."""

    def __init__(self, config: PngNatConfig):
        super().__init__()
        self.config = config
        self.encoder = ENCODERS[_encoder_kind(config.encoder)][1](config.encoder)
        if isinstance(self.encoder, PngBert):
            self.encoder.freeze(config.frozen_layers)
            encoded = self.encoder.config.width
        else:
            encoded = 2 * self.encoder.config.lstm
        width = encoded + config.speaker_width
        self.speaker = nn.Embedding(config.speakers, config.speaker_width)
        self.duration_predictor = DurationPredictor(width, config.predictor)
        self.range_predictor = RangePredictor(width, config.predictor)
        self.prosody = Prosody(width, config.prosody) if config.prosody else None
        self.decoder = build_decoder(
            width + config.position_width, config.audio.n_mels, config.speaker_width, config.decoder
        )
        self.postnet = PostNet(config.audio.n_mels, config.postnet) if config.postnet else None

    def read(self, tokens: PngBatch) -> Tensor:
        """The encoder's states of the phoneme segment, (B, N, D'), whoever speaks. The methods below take them as
        `states`, so that a text that is first given durations and then spoken is read once."""
        return self.encoder(tokens)[:, : tokens.phoneme_mask.shape[1]]

    def encode(self, tokens: PngBatch, speaker: Tensor, states: Tensor | None = None) -> Tensor:
        """The phoneme segment's hidden states with the speaker's embedding; speaker: (B,) rows. (B, N, D), zero at
        padding."""
        mask = tokens.phoneme_mask
        hidden = self.read(tokens) if states is None else states
        voice = self.speaker(speaker)[:, None].expand(-1, mask.shape[1], -1)
        return torch.cat([hidden, voice], dim=-1) * mask[..., None]

    def forward(
        self, tokens: PngBatch, speaker: Tensor, durations: Tensor, target: Tensor, prosody: Tensor | None = None
    ) -> Prediction:
        """A training step's prediction, upsampled by the true durations and with the true prosody.

        speaker: (B,); durations: (B, N) seconds, 0 at padding; target: (B, T, M) log-mel, T at least the frames of the
        longest;
        prosody: (B, N, 2), see `pngnat.data.prosody`; None decodes with what the model predicts.
        """
        hidden = self.encode(tokens, speaker)
        predicted = self.duration_predictor(hidden, tokens.phoneme_lengths)
        guessed = self.prosody(hidden, durations, tokens.phoneme_mask) if self.prosody else None
        prosody = guessed if prosody is None else prosody
        coarse, mel = self._decode(tokens, speaker, hidden, durations, prosody, self.normalize(target))
        return Prediction(predicted, mel, coarse if self.postnet else None, guessed)

    @torch.inference_mode()
    def predict_durations(self, tokens: PngBatch, speaker: Tensor, states: Tensor | None = None) -> Tensor:
        """Seconds of each token, (B, N), at least 0 and 0 at padding. speaker: (B,) rows of the speaker table."""
        hidden = self.encode(tokens, speaker, states)
        return self.duration_predictor(hidden, tokens.phoneme_lengths).clamp(min=0) * tokens.phoneme_mask

    @torch.inference_mode()
    def predict_prosody(
        self, tokens: PngBatch, speaker: Tensor, durations: Tensor, states: Tensor | None = None
    ) -> Tensor:
        """Normalized pitch and loudness of each token, (B, N, 2), 0 at padding; arguments as for `speak`. Only for
        models with prosody."""
        if self.prosody is None:
            raise ValueError("the model predicts no prosody")
        mask = tokens.phoneme_mask
        return self.prosody(self.encode(tokens, speaker, states), durations * mask, mask)

    @torch.inference_mode()
    def speak(
        self,
        tokens: PngBatch,
        speaker: Tensor,
        durations: Tensor,
        states: Tensor | None = None,
        prosody: Tensor | None = None,
    ) -> Tensor:
        """The log-mel (B, M, T) of these tokens with these durations (B, N) in seconds; T as `frame_counts` gives it.

        prosody: (B, N, 2), what `predict_prosody` gave or what was made of it; None predicts it.
        """
        hidden, durations = self.encode(tokens, speaker, states), durations * tokens.phoneme_mask
        if self.prosody and prosody is None:
            prosody = self.prosody(hidden, durations, tokens.phoneme_mask)
        mel = self._decode(tokens, speaker, hidden, durations, prosody, None)[1]
        return self.denormalize(mel.float()).transpose(1, 2)

    @torch.inference_mode()
    def alignment(self, tokens: PngBatch, speaker: Tensor, durations: Tensor) -> Tensor:
        """How much each token contributes to each frame, (B, T, N); arguments as for `speak`."""
        durations = durations * tokens.phoneme_mask
        ranges = self.range_predictor(self.encode(tokens, speaker), durations, tokens.phoneme_lengths)
        rate = self.config.audio.frame_rate
        return gaussian_weights(durations * rate, ranges, int(frame_counts(durations, rate).max()))

    def _decode(
        self,
        tokens: PngBatch,
        speaker: Tensor,
        hidden: Tensor,
        durations: Tensor,
        prosody: Tensor | None,
        target: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        ranges = self.range_predictor(hidden, durations, tokens.phoneme_lengths)
        if self.prosody is not None and prosody is not None:
            hidden = hidden + self.prosody.embed(prosody, tokens.phoneme_mask)
        frames = None if target is None else target.shape[1]
        upsampled, counts = upsample(
            hidden, durations, ranges, self.config.audio.frame_rate, self.config.position_width, frames
        )
        coarse = self.decoder(upsampled, counts, self.speaker(speaker), target)
        if not self.postnet:
            return coarse, coarse
        return coarse, coarse + self.postnet(coarse, length_mask(counts, coarse.shape[1])[..., None])

    def normalize(self, log_mel: Tensor) -> Tensor:
        """Log-mel to the values that the networks work on."""
        return (log_mel - self.config.mel_offset) / self.config.mel_scale

    def denormalize(self, normalized: Tensor) -> Tensor:
        """The inverse of `normalize`."""
        return normalized * self.config.mel_scale + self.config.mel_offset
