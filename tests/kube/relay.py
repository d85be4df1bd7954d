# SPDX-License-Identifier: Apache-2.0
"""A relay in front of a server, for what goes wrong in a network: connections are cut, fall silent, are refused."""
import asyncio
import threading


class Relay:
    """Listens on a port of its own. TLS passes through it: the server's certificate holds for its address."""

    def __init__(self, host, port):
        self.host, self.to, self.open, self.accepted = host, port, set(), 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.flow = self.call(self.listen(0))
        self.url = f'https://[{host}]:{self.port}' if ':' in host else f'https://{host}:{self.port}'

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def listen(self, port):
        self.server = await asyncio.start_server(self.serve, self.host, port)
        self.port = self.server.sockets[0].getsockname()[1]
        flow = asyncio.Event()
        flow.set()
        return flow

    async def serve(self, reader, writer):
        self.accepted += 1
        self.open.add(writer)
        try:
            there, back = await asyncio.open_connection(self.host, self.to)
            self.open.add(back)
            pumps = [asyncio.ensure_future(self.pump(reader, back)), asyncio.ensure_future(self.pump(there, writer))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            back.transport.abort()
            self.open.discard(back)
        except OSError:
            pass
        finally:
            writer.close()
            self.open.discard(writer)

    async def pump(self, reader, writer):
        try:
            while octets := await reader.read(1 << 16):
                await self.flow.wait()
                writer.write(octets)
                await writer.drain()
        except OSError:
            pass

    def cut(self):
        """Ends all connections at once, as a middlebox that was restarted would. Gives how many there were."""
        async def work():
            ends = list(self.open)
            for writer in ends:
                writer.transport.abort()
            return len(ends) // 2
        return self.call(work())

    def freeze(self):
        """Nothing passes from now on, and nobody is told: the connections stay up."""
        self.loop.call_soon_threadsafe(self.flow.clear)

    def thaw(self):
        self.loop.call_soon_threadsafe(self.flow.set)

    def refuse(self):
        """New connections are refused, until accept(). Those that there are stay."""
        async def work():
            self.server.close()
        self.call(work())

    def accept(self):
        async def work():
            self.server = await asyncio.start_server(self.serve, self.host, self.port)
        self.call(work())

    def close(self):
        async def work():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.refuse()
        self.cut()
        self.call(work())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
