"""kubelet.py MANIFEST [COMMAND...]: runs a pod's containers as its manifest says, on this machine, as root.

They share one network namespace, without a way out; each has its own mounts, processes and user, no capabilities, and
just its own variables. There are no images: programs are this machine's, at /mnt. `cofferdam serve` becomes `cofferdam
sandbox`, which plays the vendors; COMMAND takes the place of the worker's. Variables: COFFERDAM, PACKAGES and APP are
folders for /mnt, VOLUMES one for the volumes, STARTER a secret.
"""
import fcntl
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import yaml

SECRETS = {"stripe": {"key": "sk_test_" + "r" * 32}, "starter": {"secret": os.environ["STARTER"]}}
# There is another /tmp in each container, so what lies in ours must be bound elsewhere first.
IMAGE = {"bin": os.environ["COFFERDAM"], "packages": os.environ["PACKAGES"], "app": os.environ["APP"],
         "python": sys.base_prefix}


def loopback_up():
    """What `ip link set lo up` does: SIOCSIFFLAGS with IFF_UP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sH22x", b"lo", 1))


def folders(pod, documents):
    """A folder for each volume."""
    made = {}
    for volume in pod["volumes"]:
        made[volume["name"]] = folder = os.path.join(os.environ["VOLUMES"], volume["name"])
        os.makedirs(folder)
        for name, text in (documents["ConfigMap"]["data"] if "configMap" in volume else {}).items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        os.chmod(folder, 0o755 if "configMap" in volume else 0o777)
    return made


def mounts(container, volumes):
    """The shell's lines that make a container's file system out of ours."""
    seen = {mount["mountPath"]: mount for mount in container["volumeMounts"] if mount["mountPath"].startswith("/run/")}
    held = IMAGE | {mount["name"]: volumes[mount["name"]] for mount in seen.values()}
    yield "mount -t tmpfs -o mode=755 tmpfs /mnt"
    for name, folder in held.items():
        yield f"mkdir /mnt/{name} && mount --bind {shlex.quote(folder)} /mnt/{name}"
    yield "mount -t tmpfs -o mode=755 tmpfs /run && mount -t tmpfs tmpfs /tmp"
    for path, mount in seen.items():
        yield f"mkdir -p {path} && mount --move /mnt/{mount['name']} {path}"
        if mount.get("readOnly"):
            yield f"mount -o remount,bind,ro {path}"
    yield "cd /mnt/app"


def variables(container):
    told = {"PATH": "/mnt/bin:/mnt/python/bin:/usr/bin:/bin", "LD_LIBRARY_PATH": "/mnt/python/lib", "HOME": "/tmp",
            "PYTHONPATH": "/mnt/packages", "PYTHONDONTWRITEBYTECODE": "1"}
    for entry in container.get("env", []):
        source = entry.get("valueFrom", {}).get("secretKeyRef")
        told[entry["name"]] = SECRETS[source["name"]][source["key"]] if source else entry["value"]
    return told


def start(container, volumes, command):
    context = container["securityContext"]
    assert context["capabilities"]["drop"] == ["ALL"] and not context["allowPrivilegeEscalation"]
    user = str(context["runAsUser"])
    closed = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
              "--no-new-privs", "env", "-i", *(f"{name}={value}" for name, value in variables(container).items())]
    script = "set -e\n" + "\n".join(mounts(container, volumes)) + '\nexec "$@"'
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, "sh"]
    return subprocess.Popen(apart + closed + command)


def ready(probe, process):
    """Waits for a start-up probe."""
    url = f"http://127.0.0.1:{probe['httpGet']['port']}{probe['httpGet']['path']}"
    for _ in range(600):
        try:
            return urllib.request.urlopen(url, timeout=5).status == 200
        except OSError:
            assert process.poll() is None, "the sidecar has ended"
            time.sleep(0.1)
    raise TimeoutError(url)


def end(process):
    """Ends a container by its first process: unshare passes on no signal, and its own death tells nobody, because a
    process that changes its user forgets to whose end it belongs."""
    if process.poll() is None:
        with open(f"/proc/{process.pid}/task/{process.pid}/children") as file:
            for child in file.read().split():
                os.kill(int(child), signal.SIGKILL)
    process.wait()


def main(manifest, *worker):
    loopback_up()
    with open(manifest) as file:
        documents = {document["kind"]: document for document in yaml.safe_load_all(file)}
    pod = documents["Pod"]["spec"]
    volumes = folders(pod, documents)
    beside = []
    try:
        for container in pod["initContainers"]:
            command = ["sandbox" if word == "serve" else word for word in container["command"]]
            process = start(container, volumes, command)
            if container.get("restartPolicy") == "Always":
                beside.append(process)
                ready(container["startupProbe"], process)
            elif process.wait() != 0:
                return process.returncode
        [container] = pod["containers"]
        return start(container, volumes, list(worker) or container["command"]).wait()
    finally:
        for process in beside:
            end(process)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
