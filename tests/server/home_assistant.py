"""Home Assistant with its own Wyoming integration, as a person sets it up: run by the Python that has `homeassistant`.

    python home_assistant.py FOLDER PORT VOICE PIECE ...

FOLDER becomes its configuration. PORT is that of `pngnat serve --wyoming-port`. The pieces of a text are spoken in this
voice, first complete, then in pieces. Prints the results as JSON."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator

from homeassistant import bootstrap, config_entries, core, loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.components import tts
from homeassistant.setup import async_setup_component


async def main(folder: str, port: str, voice: str, *pieces: str) -> dict:
    hass = core.HomeAssistant(folder)
    hass.config.skip_pip = True
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await loader.async_get_custom_components(hass)
    await bootstrap.async_load_base_functionality(hass)
    hass.auth = await auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = {"http": {"server_host": ["127.0.0.1"], "server_port": free.getsockname()[1]}}
    for name in ("homeassistant", "media_source", "tts"):
        assert await async_setup_component(hass, name, own), name
    await hass.async_start()
    try:
        # Settings, Devices & services, Add integration, Wyoming Protocol.
        address = {"host": "127.0.0.1", "port": int(port)}
        added = await hass.config_entries.flow.async_init(
            "wyoming", context={"source": config_entries.SOURCE_USER}, data=address
        )
        await hass.async_block_till_done()
        engine = tts.async_resolve_engine(hass, None)
        entity = hass.data[tts.DATA_COMPONENT].get_entity(engine)
        options = {"voice": voice, "preferred_format": "wav"}
        return {
            "added": added["type"],
            "entity": engine,
            "voices": [voice.voice_id for voice in entity.async_get_supported_voices("en-US")],
            "spoken": await spoken(hass, engine, options, "".join(pieces)),
            "streamed": await streamed(hass, engine, options, pieces),
        }
    finally:
        await hass.async_stop(force=True)


async def spoken(hass: core.HomeAssistant, engine: str, options: dict, text: str) -> dict:
    """Call tts.speak, and fetch the sound as a media player does."""
    played: asyncio.Future[str] = asyncio.Future()
    hass.services.async_register(
        "media_player", "play_media", lambda call: played.set_result(call.data["media_content_id"])
    )
    service_data = {
        "entity_id": engine,
        "media_player_entity_id": "media_player.any",
        "message": text,
        "cache": False,
        "options": options,
    }
    await hass.services.async_call("tts", "speak", service_data, blocking=True)
    kind, sound = await tts.async_get_media_source_audio(hass, await played)
    return {"kind": kind, "sound": sound.hex()}


async def streamed(hass: core.HomeAssistant, engine: str, options: dict, pieces: tuple[str, ...]) -> dict:
    """Stream an answer of a language model: its last piece comes after the first sound."""
    sounding, parts = asyncio.Event(), []

    async def answer() -> AsyncGenerator[str]:
        for piece in pieces[:-1]:
            yield piece
        await asyncio.wait_for(sounding.wait(), 60)
        yield pieces[-1]

    stream = tts.async_create_stream(hass, engine, language="en-US", options=options)
    stream.async_set_message_stream(answer())
    async for part in stream.async_stream_result():
        parts.append(part)
        if len(b"".join(parts)) > 1000:
            sounding.set()
    return {"kind": stream.extension, "sound": b"".join(parts).hex()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
