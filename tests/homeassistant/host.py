"""The programs of the project and the broker.  They run on the host's file system, which is mounted at /host
in the chroot of Home Assistant."""

import asyncio
import os
import queue
import signal
import threading
import time

import paho.mqtt.client as paho

from tap import room

HOST = "/host"


class Host:
    def __init__(self, top, build, work):
        """Paths of the host: the project, its build, and where all files of this run are."""
        self.top, self.work = top, work
        self.path = f"{build}:{top}/scripts:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.processes = {}

    def file(self, name):
        """A file of this run, as Python in the chroot sees it."""
        return f"{HOST}{self.work}/{name}"

    def read(self, name):
        with open(self.file(name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as f:
            f.write(text)

    def _argv(self, argv):
        return ("chroot", HOST, "env", "-i", "-C", self.top, "PATH=" + self.path, "HOME=/root", *argv)

    async def spawn(self, name, *argv):
        """In the background; its messages go to NAME.log, a line of its stdout comes back."""
        with open(self.file(name + ".log"), "ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._argv(argv), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=log)
        self.processes[name] = process
        return process

    async def run(self, *argv, data=None):
        process = await asyncio.create_subprocess_exec(
            *self._argv(argv), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT)
        out, _ = await process.communicate(data)
        return process.returncode, out.decode()

    async def end(self, name, number=signal.SIGTERM):
        process = self.processes.pop(name, None)
        if process and process.returncode is None:
            process.send_signal(number)
            await process.wait()

    async def until(self, what, limit_s, is_true):
        end = time.monotonic() + limit_s * room()
        while not await is_true():
            if time.monotonic() > end:
                raise TimeoutError(f"waited for {limit_s} s: {what}")
            await asyncio.sleep(0.1)

    # ---- the broker ----

    async def start_broker(self, port):
        self.port = port
        self.write("broker.conf", f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
                   f"persistence true\npersistence_location {self.work}/\nmax_queued_messages 0\n")
        await self.spawn("broker", "mosquitto", "-c", self.work + "/broker.conf")
        await self.until("the broker", 20, self._listens)

    async def _listens(self):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.close()
            return True
        except OSError:
            return False

    async def restart_broker(self, retained):
        """With what it has retained, or as after its disk was lost."""
        await self.end("broker", signal.SIGTERM if retained else signal.SIGKILL)
        if not retained:
            try:
                os.remove(self.file("mosquitto.db"))
            except FileNotFoundError:
                pass
        await self.start_broker(self.port)

    # ---- the simulated bus and the pipeline ----

    async def sim(self, *options, name="sim"):
        """Returns its port."""
        process = await self.spawn(name, "jk-sim", "--tcp", "--log", f"{self.work}/{name}.json", *options)
        line = await process.stdout.readline()
        return int(line.split()[1])

    def switch(self, name="sim"):
        """What was given as USR1 begins, or is over."""
        self.processes[name].send_signal(signal.SIGUSR1)

    def configure(self, *lines):
        self.write("jk.conf", "\n".join((f"run {self.work}/run", f"state {self.work}/state", *lines, "")))

    async def start_tree(self):
        await self.spawn("tree", "jk-service", "-f", self.work + "/jk.conf", "run")

    async def stop_tree(self):
        await self.end("tree")

    async def service(self, command, stage):
        status, out = await self.run("s6-svc", *command.split(), f"{self.work}/run/service/{stage}")
        if status:
            raise RuntimeError(out)


class Client:
    """A client of the broker that keeps all it gets, and publishes."""

    def __init__(self, port, *topics):
        self.seen = []  # time, topic, payload, retained
        self.lock = threading.Lock()
        self.topics = topics
        self.subscribed = queue.Queue()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connected
        self.client.on_subscribe = lambda *_: self.subscribed.put(True)
        self.client.on_message = self._message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        if topics:
            self.subscribed.get(timeout=60)

    def _connected(self, *_):
        if self.topics:
            self.client.subscribe([(topic, 1) for topic in self.topics])

    def _message(self, client, context, message):
        with self.lock:
            self.seen.append((time.time(), message.topic, message.payload.decode(errors="replace"),
                              message.retain))

    def messages(self, beginning="", since=0):
        with self.lock:
            return [m for m in self.seen if m[1].startswith(beginning) and m[0] >= since]

    def last(self, topic):
        found = [m[2] for m in self.messages(topic) if m[1] == topic]
        return found[-1] if found else None

    def publish(self, topic, payload, retain=False):
        self.client.publish(topic, payload, 1, retain).wait_for_publish(60)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
