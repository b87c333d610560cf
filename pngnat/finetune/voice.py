"""The last stage of a fine-tuning: blend, figures, card and folder of the voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pngnat.data.corpus import Recording
from pngnat.engine.torch_engine import torch_voice
from pngnat.engine.voice import Voice
from pngnat.errors import PngnatError
from pngnat.evaluation import report
from pngnat.evaluation.disfluency import BLEND, disfluency
from pngnat.evaluation.disfluency import write as write_disfluency
from pngnat.evaluation.judges import SpokenSentence, installed_judges
from pngnat.evaluation.similarity import speak
from pngnat.finetune.consent import Consent
from pngnat.finetune.plan import PREVIEW_MINUTES
from pngnat.models.png_nat import PngNat
from pngnat.models.vocoder import Vocoder
from pngnat.synthesis.synthesize import synthesize
from pngnat.voice.card import Blend, Professional, SpeakerCard, VoiceCard
from pngnat.voice.modules import VoiceModules, save_voice

PREVIEW = "preview.wav"
PREVIEW_TEXT = "Hello. This is my voice, and these are my words."


@dataclass(frozen=True)
class BlendChoice:
    """Settings of the blend."""

    professional: str | None = None
    """Professional; null is the most similar one."""
    weight: float | None = None
    """0 is the speaker's own rhythm, 1 the professional's; null is no blend for fluent recordings, else 0.5."""


@dataclass(frozen=True)
class About:
    """Text of the card that cannot be measured."""

    description: str = ""
    """Description in one line."""
    licence: str = "Not to be passed on; for the purposes of the consent alone"
    """Licence of the weights."""
    simulated: bool = False
    """true for a simulated speaker."""


@dataclass(frozen=True)
class Tuned:
    """Results of the earlier stages. name: of the voice and its speaker. base: the voice to start from, whose acoustic
    model is kept as the professional. nearest: its speaker most similar to the target. minutes: of training data.
    history: lines about the stages."""

    name: str
    base: VoiceModules
    acoustic: PngNat
    vocoder: Vocoder
    nearest: str
    recordings: Sequence[Recording]
    consent: Consent
    minutes: float
    history: Sequence[str] = field(default_factory=tuple)

    def part(self, split: str) -> list[Recording]:
        """Return the target's recordings of a split."""
        return [recording for recording in self.recordings if recording.split == split]


def assemble(tuned: Tuned, blend: Blend | None, about: About) -> VoiceModules:
    """Return the voice: it offers the target alone; the professionals serve for blending."""
    base = tuned.base
    card = VoiceCard(
        name=tuned.name,
        description=about.description or f"recreated from {tuned.minutes:.1f} minutes of recordings",
        licence=about.licence,
        audio=tuned.acoustic.config.audio,
        acoustic=tuned.acoustic.config.to_dict(),
        vocoder=asdict(tuned.vocoder.config),
        speakers=(SpeakerCard(tuned.name, about.description),),
        default_speaker=tuned.name,
        pauses=base.card.pauses,
        blend=blend,
        professional=Professional(base.acoustic.config.to_dict(), base.card.speakers),
        consent=asdict(tuned.consent),
        lexicon=base.card.lexicon,
    )
    return VoiceModules(card, base.tokenizer, tuned.acoustic, tuned.vocoder, base.acoustic)


def choose_blend(tuned: Tuned, choice: BlendChoice, folder: Path) -> tuple[Blend | None, str]:
    """Return the default blend and its reason, and write the disfluency report to `folder`.

    Fluent speech keeps its own rhythm: a blend would take away what is characteristic. Disfluent speech gets the
    geometric mean. Raises PngnatError for an unknown professional.
    """
    professional = choice.professional or tuned.nearest
    if professional not in tuned.base.speakers:
        raise PngnatError(
            f"there is no professional '{professional}' to blend with; there are {', '.join(tuned.base.speakers)}"
        )
    weight = BLEND if choice.weight is None else choice.weight
    found = disfluency(tuned.part("train"), torch_voice(tuned.base), [professional], weight)
    write_disfluency(folder, found)
    if choice.weight is not None:
        return Blend(professional, weight), "the weight was given"
    if found.signs:
        return Blend(professional, weight), "; ".join(found.signs)
    return None, "the recordings are as fluent as the professional's model: the voice keeps its own rhythm"


def measure(voice: Voice, tuned: Tuned, threads: int) -> list[dict[str, Any]]:
    """Return rows of figures on held-out sentences: the recordings, the voice with its own rhythm and, if it has one,
    with its blend.

    Measures that are not installed are left out.
    """
    real = [SpokenSentence.recorded(recording) for recording in tuned.part("test")]
    judge = installed_judges(real, threads)
    professional = tuned.base.card.default_speaker
    own = speak(voice, real, blend=Blend(professional, 0.0))
    rows = [judge.row("recordings", real), judge.row("voice, own rhythm", own)]
    if voice.card.blend:
        rows.append(judge.row(f"voice, blended {voice.card.blend.weight:g}", speak(voice, real)))
    return [
        {head: value for head, value in row.items() if any(other[head] is not None for other in rows)} for row in rows
    ]


def write_voice(
    tuned: Tuned, choice: BlendChoice, about: About, out: Path, work: Path, threads: int
) -> Mapping[str, Any]:
    """Choose the blend, measure, and write the voice folder `out` with a sample. Return the choices and figures.

    work: folder of reports.
    """
    blend, reason = choose_blend(tuned, choice, work)
    modules = assemble(tuned, blend, about)
    voice = torch_voice(modules)
    rows = measure(voice, tuned, threads)
    save_voice(modules, out, card_text(tuned, voice, reason, rows, about))
    synthesize(PREVIEW_TEXT, voice).save(out / PREVIEW)
    result = {
        "blend": blend and {"professional": blend.professional, "weight": blend.weight},
        "reason": reason,
        "test": rows,
    }
    report.write_json(work / "voice.json", result)
    return result


def card_text(tuned: Tuned, voice: Voice, reason: str, rows: Sequence[Mapping[str, Any]], about: About) -> str:
    """Return the README.md of the voice folder."""
    blend = voice.card.blend
    counts = {split: len(tuned.part(split)) for split in ("train", "valid", "test")}
    borrowed = f"It borrows the rhythm of {blend.professional}, with the weight {blend.weight:g}: " if blend else ""
    rhythm = f"{borrowed}{reason}."
    preview = tuned.minutes < PREVIEW_MINUTES
    lines = [
        f"# {tuned.name}",
        "",
        voice.card.description[:1].upper() + voice.card.description[1:] + ".",
        *(["The speaker is simulated and no person."] if about.simulated else []),
        *(
            [f"It is a preview, made of {tuned.minutes:.1f} minutes; record half an hour for the voice itself."]
            if preview
            else []
        ),
        "",
        "## Consent",
        "",
        *tuned.consent.lines,
        "",
        "Every sound file that pngnat makes with this voice says in its metadata that it is synthetic, and names the "
        "voice.",
        "",
        "## Making",
        "",
        f"{tuned.minutes:.1f} minutes ({counts['train']} recordings) were learned from; {counts['valid']} recordings "
        "were kept out for",
        f"choices and {counts['test']} for the figures below. It began as {tuned.nearest} of `{tuned.base.name}`, who "
        "is most like it.",
        *tuned.history,
        "",
        rhythm[:1].upper() + rhythm[1:],
        "",
        "## Measured on the sentences that were kept out",
        "",
        report.table(rows),
        "",
        f"Licence: {voice.card.licence}.",
    ]
    return "\n".join(lines) + "\n"
