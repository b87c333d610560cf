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
    """Width of the speakers' embeddings."""
    predictor: PredictorConfig = field(default_factory=PredictorConfig)
    """Sizes of the predictors of durations and ranges."""
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    """Kind and sizes of the decoder."""
    postnet: PostNetConfig | None = field(default_factory=PostNetConfig)
    """Sizes of the post-net; null leaves it out."""
    audio: AudioConfig = field(default_factory=AudioConfig)
    """Sampling and mel settings."""
    position_width: int = 32
    """Width of the embedding of a frame's position in its token."""
    prosody: ProsodyConfig | None = None
    """Sizes of the predictor of pitch and loudness of each token, which are inputs of the decoder; null leaves melody
    to the decoder, as in the paper."""
    frozen_layers: int = -1
    """PnG BERT layers, counted from the embeddings, that are not trained; -1 trains all, embeddings included."""
    mel_offset: float = -5.0
    """Typical mean of a log-mel, so that the networks work near zero mean."""
    mel_scale: float = 2.5
    """Typical spread of a log-mel, so that the networks work near unit variance."""

    def to_dict(self) -> dict:
        """Return the config as JSON values; the encoder names its kind."""
        return {**asdict(self), "encoder": {"kind": _encoder_kind(self.encoder), **asdict(self.encoder)}}

    @classmethod
    def from_dict(cls, values: dict) -> PngNatConfig:
        """Return the config that `to_dict` wrote. Raises ValueError, TypeError or KeyError for other values."""
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
        """Return the config with another number of speakers."""
        return replace(self, speakers=speakers)


ENCODERS: dict[str, tuple[type, type]] = {
    "png_bert": (PngBertConfig, PngBert),
    "phoneme": (PhonemeEncoderConfig, PhonemeEncoder),
}


def _encoder_kind(config: PngBertConfig | PhonemeEncoderConfig) -> str:
    return next(kind for kind, (config_class, _) in ENCODERS.items() if isinstance(config, config_class))


@dataclass(frozen=True)
class Prediction:
    """The outputs of a training step, to be compared with the recording."""

    durations: Tensor
    """(B, N) seconds."""
    mel: Tensor
    """(B, T, M) normalized log-mel."""
    coarse: Tensor | None = None
    """The mel before the post-net; None without one."""
    prosody: Tensor | None = None
    """(B, N, 2); None in a model without prosody."""


@dataclass(frozen=True)
class Encoded:
    """The phoneme segments of B utterances after the encoder, for any speaker."""

    hidden: Tensor
    """(B, N, D')."""
    mask: Tensor
    """(B, N), True at tokens, False at padding."""
    lengths: Tensor
    """(B,) tokens."""


@dataclass(frozen=True)
class _Decoded:
    """Normalized log-mels (B, T, M) of the decoder."""

    mel: Tensor
    coarse: Tensor | None
    """The mel before the post-net; None without one."""


class PngNat(nn.Module):
    """The acoustic model: `encode` the tokens once, then predict durations and generate a mel for any speaker."""

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

    def encode(self, tokens: PngBatch) -> Encoded:
        """Run the encoder, whose result does not depend on the speaker."""
        mask = tokens.phoneme_mask
        hidden = self.encoder(tokens)[:, : mask.shape[1]]  # (B, L, D') to (B, N, D')
        return Encoded(hidden, mask, tokens.phoneme_lengths)

    def forward(
        self, tokens: PngBatch, speaker: Tensor, durations: Tensor, target: Tensor, prosody: Tensor | None = None
    ) -> Prediction:
        """Return a training step's prediction, upsampled by the recorded durations and with the recorded prosody.

        speaker: (B,) rows of the speaker table. durations: (B, N) seconds, 0 at padding. target: (B, T, M) log-mel, T
        at least the frames of the longest utterance. prosody: (B, N, 2), see `pngnat.data.prosody`; None decodes with
        the predicted prosody.
        """
        encoded = self.encode(tokens)
        hidden = self.add_speaker(encoded, speaker)
        predicted_durations = self.duration_predictor(hidden, encoded.lengths)
        predicted_prosody = self.prosody(hidden, durations, encoded.mask) if self.prosody else None
        prosody = predicted_prosody if prosody is None else prosody
        decoded = self._decode(encoded, hidden, speaker, durations, prosody, self.normalize(target))
        return Prediction(predicted_durations, decoded.mel, decoded.coarse, predicted_prosody)

    @torch.inference_mode()
    def predict_durations(self, encoded: Encoded, speaker: Tensor) -> Tensor:
        """Return the seconds of each token, (B, N), at least 0, and 0 at padding. speaker: (B,) rows."""
        hidden = self.add_speaker(encoded, speaker)
        return self.duration_predictor(hidden, encoded.lengths).clamp(min=0) * encoded.mask

    @torch.inference_mode()
    def predict_prosody(self, encoded: Encoded, speaker: Tensor, durations: Tensor) -> Tensor:
        """Return normalized pitch and loudness of each token, (B, N, 2), 0 at padding.

        Arguments as for `generate_mel`. Raises ValueError for a model without prosody.
        """
        if self.prosody is None:
            raise ValueError("the model predicts no prosody")
        return self.prosody(self.add_speaker(encoded, speaker), durations * encoded.mask, encoded.mask)

    @torch.inference_mode()
    def generate_mel(
        self, encoded: Encoded, speaker: Tensor, durations: Tensor, prosody: Tensor | None = None
    ) -> Tensor:
        """Return the log-mel, (B, M, T), with T from `frame_counts`.

        speaker: (B,) rows. durations: (B, N) seconds. prosody: (B, N, 2), as `predict_prosody` returns it; None
        predicts it.
        """
        hidden, durations = self.add_speaker(encoded, speaker), durations * encoded.mask
        if self.prosody and prosody is None:
            prosody = self.prosody(hidden, durations, encoded.mask)
        mel = self._decode(encoded, hidden, speaker, durations, prosody, None).mel
        return self.denormalize(mel.float()).transpose(1, 2)  # (B, T, M) to (B, M, T)

    @torch.inference_mode()
    def alignment(self, encoded: Encoded, speaker: Tensor, durations: Tensor) -> Tensor:
        """Return the weight of each token in each frame, (B, T, N); arguments as for `generate_mel`."""
        durations = durations * encoded.mask
        ranges = self.range_predictor(self.add_speaker(encoded, speaker), durations, encoded.lengths)
        rate = self.config.audio.frame_rate
        return gaussian_weights(durations * rate, ranges, int(frame_counts(durations, rate).max()))

    def add_speaker(self, encoded: Encoded, speaker: Tensor) -> Tensor:
        """Return the hidden states with the speakers' embeddings, (B, N, D), 0 at padding."""
        voice = self.speaker(speaker)[:, None].expand(-1, encoded.mask.shape[1], -1)  # (B, N, speaker_width)
        return torch.cat([encoded.hidden, voice], dim=-1) * encoded.mask[..., None]

    def _decode(
        self,
        encoded: Encoded,
        hidden: Tensor,
        speaker: Tensor,
        durations: Tensor,
        prosody: Tensor | None,
        target: Tensor | None,
    ) -> _Decoded:
        ranges = self.range_predictor(hidden, durations, encoded.lengths)
        if self.prosody is not None and prosody is not None:
            hidden = hidden + self.prosody.embed(prosody, encoded.mask)
        frames = None if target is None else target.shape[1]
        upsampled, counts = upsample(
            hidden, durations, ranges, self.config.audio.frame_rate, self.config.position_width, frames
        )  # (B, N, D) to (B, T, D + position_width)
        coarse = self.decoder(upsampled, counts, self.speaker(speaker), target)  # (B, T, M)
        if not self.postnet:
            return _Decoded(coarse, None)
        return _Decoded(coarse + self.postnet(coarse, length_mask(counts, coarse.shape[1])[..., None]), coarse)

    def normalize(self, log_mel: Tensor) -> Tensor:
        """Return a log-mel in the values that the networks work on."""
        return (log_mel - self.config.mel_offset) / self.config.mel_scale

    def denormalize(self, normalized: Tensor) -> Tensor:
        """Undo `normalize`."""
        return normalized * self.config.mel_scale + self.config.mel_offset
