"""A line to a server on this machine that can be cut (connections are refused and those that stand are broken off), and
that can fall silent (connections are taken, and nothing comes through)."""

import socket
import threading


class Line:
    """Listens at a port of its own, and passes on what comes while it is whole."""

    def __init__(self, port):
        self.target = port
        self.listener = self._listen(0)
        self.port = self.listener.getsockname()[1]
        self.open, self.lock = set(), threading.Lock()
        # How many connections were taken.
        self.taken = 0
        self.talks = threading.Event()
        self.talks.set()

    def _listen(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                self.taken += 1
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            with self.lock:
                self.open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source, target):
        try:
            while part := source.recv(65536):
                self.talks.wait()
                target.sendall(part)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for end in self.open:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.open.clear()

    def hush(self):
        self.talks.clear()

    def mend(self):
        if not self.talks.is_set():
            self.talks.set()
        else:
            self.listener = self._listen(self.port)
