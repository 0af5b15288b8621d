"""A way to a server that breaks in the middle: bytes go through until so many came, then the connection is reset."""

import select
import socket
import struct
import threading


class Cutting:
    """Each connection in turn is reset after so many bytes from the server; those after the last are left alone."""

    def __init__(self, port, after):
        self._port = port
        self.after = list(after)
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._port))
            left = self.after.pop(0) if self.after else None
            threading.Thread(target=self._pass, args=(client, server, left), daemon=True).start()

    def _pass(self, client, server, left):
        """One thread for both ways: a socket that another thread reads from could not be reset."""
        try:
            while True:
                ready, _, _ = select.select([client, server], [], [])
                if client in ready:
                    server.sendall(client.recv(1 << 14) or end())
                if server in ready:
                    content = server.recv(1 << 14) or end()
                    if left is not None and len(content) >= left:
                        client.sendall(content[:left])
                        self.cuts += 1
                        reset(client)
                        break
                    left = None if left is None else left - len(content)
                    client.sendall(content)
        except OSError:
            pass
        client.close()
        server.close()


def end():
    raise ConnectionError("one side has ended")


def reset(connection):
    """Ends a connection as a machine does that lost power: without a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
