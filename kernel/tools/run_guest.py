# SPDX-License-Identifier: GPL-2.0-only
"""Boot a kernel in QEMU, and judge what its guest reports.

The console is the first serial port, the report the second one. The machine is
emulated. KVM is used on demand, and only if a guest that does nothing ended well
with it before: that a device can be opened does not mean that it works.
"""

import argparse
import collections
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import verdict

QEMU = "qemu-system-x86_64"
LAST_LINES = 40
PROBE_SECONDS = 30

# A warning lets the guest go on, so that all of its cases are reported; an oops
# does not, because nothing that follows would mean anything.
COMMAND_LINE = (
    "console=ttyS0 loglevel=7 panic=-1 oops=panic mitigations=off nokaslr "
    "random.trust_cpu=on"
)

# QEMU before 8.1 can translate code while another CPU patches it, and then runs
# into a breakpoint that the kernel has taken back: this oops. Our own kernels are
# built so that they patch nothing (kernel/configs/plain.config).
EMULATOR_FAULT = re.compile(r"Oops: int3|\bint3: 0000 \[#1\]")

Machine = collections.namedtuple("Machine", "accel cpus memory")
Outcome = collections.namedtuple("Outcome", "status console report seconds")


def qemu_command(machine, kernel, initramfs, append, folder):
    """QEMU, and a machine with nothing that is not used.

    Each CPU has a socket of its own, because the table that kernels without ACPI
    read has but one CPU a socket. There is one more than the kernel starts: it is
    possible, and never online.
    """
    possible = machine.cpus + 1
    return [
        QEMU,
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-machine", "pc", "-accel", machine.accel),
        *("-smp", f"{possible},sockets={possible}"),
        *("-m", str(machine.memory)),
        *("-kernel", str(kernel), "-initrd", str(initramfs)),
        *("-append", f"{COMMAND_LINE} maxcpus={machine.cpus} {append}"),
        *("-serial", f"file:{folder}/console.txt"),
        *("-serial", f"file:{folder}/report.ktap"),
        # The guest's first process ends QEMU through this, and nothing else
        # gives that status.
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
    ]


def read(path):
    """What the guest wrote, whatever it is."""
    return path.read_text("utf-8", "replace") if path.exists() else ""


def boot(machine, kernel, initramfs, append, folder, limit):
    """Run a guest to its end, or for limit seconds."""
    command = qemu_command(machine, kernel, initramfs, append, folder)
    began = time.monotonic()
    with open(folder / "qemu.txt", "wb") as errors:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors
        ) as process:
            try:
                status = process.wait(limit)
            except subprocess.TimeoutExpired:
                process.kill()
                status = None
    return Outcome(
        status,
        read(folder / "console.txt") + read(folder / "qemu.txt"),
        read(folder / "report.ktap"),
        time.monotonic() - began,
    )


def kvm_works(machine, kernel, initramfs):
    """Whether a guest that runs nothing ends well with KVM."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    with tempfile.TemporaryDirectory() as folder:
        outcome = boot(
            machine._replace(accel="kvm"),
            kernel,
            initramfs,
            "RINGMAP_PROBE=1",
            pathlib.Path(folder),
            PROBE_SECONDS,
        )
    return outcome.status == verdict.CLEAN_EXIT


def choose_accel(wanted, machine, kernel, initramfs):
    """The accelerator, of which tcg always works."""
    if wanted == "tcg":
        return "tcg,thread=multi"
    if kvm_works(machine, kernel, initramfs):
        return "kvm"
    if wanted == "kvm":
        sys.exit("run_guest: KVM does not work here: a guest did not end with it")
    print("KVM does not work here: the guest is emulated")
    return "tcg,thread=multi"


def boot_until_emulated(machine, args, folder):
    """Run the guest, and again where the emulator is to blame for its end."""
    for attempt in range(args.emulator_faults + 1):
        outcome = boot(
            machine,
            args.kernel,
            args.initramfs,
            f"RINGMAP_KERNEL={args.name} {args.append}",
            folder,
            args.limit,
        )
        if not EMULATOR_FAULT.search(outcome.console):
            break
        print(f"{args.name}: boot {attempt + 1} ended by a fault of the emulator")
    return outcome


def show_failure(name, problems, outcome):
    """What is wrong first, then the console's end."""
    print(f"{name}: the guest FAILED")
    print("the report's last lines:")
    print("\n".join(outcome.report.splitlines()[-LAST_LINES:]))
    print("the console's last lines:")
    print("\n".join(outcome.console.splitlines()[-LAST_LINES:]))
    print(f"{name}: {len(problems)} problems:")
    for problem in problems:
        print(f"    {problem}")


def run(args, folder):
    """Boot, judge and report; the problems that were found."""
    machine = Machine("", args.cpus, args.memory)
    machine = machine._replace(
        accel=choose_accel(args.accel, machine, args.kernel, args.initramfs)
    )
    outcome = boot_until_emulated(machine, args, folder)
    text = args.expected.read_text("utf-8") if args.expected else ""
    expectations = verdict.Expectations(text, args.name)
    report = verdict.Report(outcome.report)
    problems = verdict.judge(
        report, outcome.console, outcome.status, expectations, args.require
    )
    table = verdict.table(args.name, report, expectations)
    (folder / "cases.txt").write_text(table, "utf-8")
    if problems:
        show_failure(args.name, problems, outcome)
    print("\n".join(verdict.tap(report, expectations)))
    print(f"{args.name}: {outcome.seconds:.0f} s with {machine.accel}")
    return problems


def parse(argv):
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kernel", type=pathlib.Path, required=True)
    parser.add_argument("--initramfs", type=pathlib.Path, required=True)
    parser.add_argument("--name", required=True, help="as in kernel/expected.txt")
    parser.add_argument("--expected", type=pathlib.Path)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=512, help="MiB")
    parser.add_argument("--limit", type=int, default=600, help="seconds")
    parser.add_argument("--append", default="", help="for the kernel's command line")
    parser.add_argument(
        "--emulator-faults", type=int, default=0, help="that are no failures"
    )
    parser.add_argument(
        "--require", action="append", default=[], help="text on the console"
    )
    parser.add_argument("--keep", type=pathlib.Path, help="folder for what it left")
    parser.add_argument(
        "--accel",
        choices=("tcg", "kvm", "auto"),
        default=os.environ.get("RINGMAP_GUEST_ACCEL", "tcg"),
    )
    return parser.parse_args(argv)


def main():
    """Run one guest; its files are kept as the test's outputs."""
    args = parse(sys.argv[1:])
    keep = args.keep or os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR")
    if keep:
        folder = pathlib.Path(keep)
        folder.mkdir(parents=True, exist_ok=True)
        return 1 if run(args, folder) else 0
    with tempfile.TemporaryDirectory() as folder:
        return 1 if run(args, pathlib.Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
