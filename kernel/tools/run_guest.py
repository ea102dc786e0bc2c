# SPDX-License-Identifier: GPL-2.0-only
"""Boot a kernel in QEMU, and judge what its guest reports.

The first serial port is the console, the second one carries the report. The machine
is emulated. KVM is used on demand, and only after a guest that runs no program ended
well with it, because a device that can be opened does not always work.

An emulated kernel that dies before it runs any code under test is booted again, once:
QEMU's emulator causes that. The report then has the line "# booted again: 1, ...".
"""

import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import verdict

QEMU = "qemu-system-x86_64"
LAST_LINES = 40
PROBE_SECONDS = 30

# After a warning the guest continues, so that it reports all cases. After an oops it
# does not, because no later result could be trusted.
COMMAND_LINE = (
    "console=ttyS0 loglevel=7 panic=-1 oops=panic mitigations=off nokaslr "
    "random.trust_cpu=on"
)

Machine = collections.namedtuple("Machine", "accel cpus memory")
Outcome = collections.namedtuple("Outcome", "status console report seconds")


def qemu_command(machine, kernel, initramfs, append, folder):
    """Returns the command that runs QEMU, with no device that the guest does not use.

    Each CPU has a socket of its own, because the table that kernels without ACPI
    read lists only one CPU of each socket. There is one CPU more than the kernel
    starts: it is possible and never online.
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
        # The guest's first process ends QEMU through this port. QEMU exits with
        # that status for no other reason.
        *("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"),
    ]


def read(path):
    """Returns the text of a file that the guest wrote, even if it is not UTF-8."""
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


def boot_until_begun(machine, args, folder):
    """Boot the guest, and again if its kernel died early under the emulator.

    Returns the outcome of the last boot, and lines for the report about the first. The
    console of the first is kept, too.
    """
    append = f"RINGMAP_KERNEL={args.name} {args.append}"
    command = (machine, args.kernel, args.initramfs, append, folder, args.limit)
    first = boot(*command)
    emulated = machine.accel.startswith("tcg")
    if not emulated or not verdict.died_early(
        first.report, first.console, first.status
    ):
        return first, []
    (folder / "console.first.txt").write_text(first.console, "utf-8")
    words = verdict.last_words(first.console)
    return boot(*command), [
        f"# booted again: 1, because the kernel died before its tests: {words}"
    ]


def kvm_works(machine, kernel, initramfs):
    """Reports whether a guest that runs no program ends well with KVM."""
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


def choose_accel(args, machine):
    """Returns the accelerator. The emulator works everywhere.

    QEMU before 8.1 can translate code while another CPU patches it, and then runs
    into a breakpoint that the kernel has removed again. With one thread for all
    CPUs it cannot. Our own kernels patch nothing (kernel/configs/plain.config).
    """
    emulator = "tcg,thread=single" if args.one_thread else "tcg,thread=multi"
    if args.accel == "tcg":
        return emulator
    if kvm_works(machine, args.kernel, args.initramfs):
        return "kvm"
    if args.accel == "kvm":
        sys.exit("run_guest: KVM does not work here: a guest did not end with it")
    print("KVM does not work here: the guest is emulated")
    return emulator


def show_failure(name, problems, outcome):
    """Print the end of the report and of the console, then the problems."""
    print(f"{name}: the guest FAILED")
    print("the report's last lines:")
    print("\n".join(outcome.report.splitlines()[-LAST_LINES:]))
    print("the console's last lines:")
    print("\n".join(outcome.console.splitlines()[-LAST_LINES:]))
    print(f"{name}: {len(problems)} problems:")
    for problem in problems:
        print(f"    {problem}")


def run(args, folder):
    """Boot, judge and report. Returns the problems that were found."""
    machine = Machine("", args.cpus, args.memory)
    machine = machine._replace(accel=choose_accel(args, machine))
    outcome, notes = boot_until_begun(machine, args, folder)
    text = args.expected.read_text("utf-8") if args.expected else ""
    expectations = verdict.Expectations(text, args.name)
    report = verdict.Report(outcome.report)
    problems = verdict.judge(
        report, outcome.console, outcome.status, expectations, args.require
    )
    table = verdict.table(args.name, report, expectations)
    table += "".join(f"{note}\n" for note in notes)
    (folder / "cases.txt").write_text(table, "utf-8")
    if problems:
        show_failure(args.name, problems, outcome)
    print("\n".join([*notes, *verdict.tap(report, expectations)]))
    print(f"{args.name}: {outcome.seconds:.0f} s with {machine.accel}")
    return problems


def parse(argv):
    """Parse the command line."""
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
        "--one-thread", action="store_true", help="emulates all CPUs"
    )
    parser.add_argument(
        "--require", action="append", default=[], help="text on the console"
    )
    parser.add_argument("--keep", type=pathlib.Path, help="folder for its outputs")
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
