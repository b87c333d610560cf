"""Speaking in a process that was forked after its parent had spoken with several threads, as pre-fork servers do."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import pngnat

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

# Work that is shared among threads, whatever the size of the voice.
HEAD = """
import torch, pngnat
torch.set_num_threads(2)
voice = pngnat.load_voice({voice!r})

def speak(text="Hello there."):
    torch.ones(600, 600) @ torch.ones(600, 600) + torch.ones(600, 600).exp()
    return len(pngnat.synthesize(text, voice).samples)

length = speak()
"""

MULTIPROCESSING = """
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    assert pool.map(speak, ["Hello there."] * 4) == [length] * 4
print("spoken")
"""

# Two processes accept on one socket.
SERVER = """
import os, signal, socket, socketserver

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(str(speak(self.request.recv(100).decode())).encode())

server = socketserver.TCPServer(("127.0.0.1", 0), Handler)
workers = []
for _ in range(2):
    workers.append(os.fork())
    if workers[-1] == 0:
        server.serve_forever()
for _ in range(4):
    with socket.create_connection(server.server_address, timeout=60) as client:
        client.sendall(b"Hello there.")
        assert client.recv(100) == str(length).encode()
for worker in workers:
    os.kill(worker, signal.SIGKILL)
print("spoken")
"""


@pytest.mark.slow
@pytest.mark.parametrize("code", [MULTIPROCESSING, SERVER], ids=["multiprocessing", "server"])
def test_a_forked_process_speaks(stub_voice, code):
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    environment["PYTHONPATH"] = str(Path(pngnat.__file__).parents[1])
    speaking = subprocess.Popen(
        [sys.executable, "-c", HEAD.format(voice=str(stub_voice)) + code],
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        assert speaking.communicate(timeout=120)[0].strip() == b"spoken"
    finally:
        if speaking.poll() is None:
            os.killpg(speaking.pid, signal.SIGKILL)
