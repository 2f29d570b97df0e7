import { machineCode, staticElf } from '@shiplog/hostnet';

const SIGINT = 2;
const SIGTERM = 15;
const SIG_IGN = 1;

/**
 * The pause container's program, a static ELF of 248 bytes without libc, for each architecture as Go names it:
 *
 *   rt_sigprocmask(SIG_BLOCK, {TERM, INT}); rt_sigaction(SIGCHLD, SIG_IGN);
 *   while (rt_sigtimedwait({TERM, INT}, 0, 0) < 0); exit_group(0)
 *
 * It blocks SIGTERM and SIGINT, which lets process 1 of a namespace get them at all, ignores SIGCHLD, so that the kernel
 * reaps orphans when the pod shares its process namespace, waits for one of the two, and ends with 0. It stands here as
 * machine code beside what it says, since no machine has the assemblers of all architectures. Any objdump of one reads it
 * back: `objdump -D -b binary -m i386:x86-64 --start-address=0x78 pause`.
 */
export const PAUSE_PROGRAMS: ReadonlyMap<string, Buffer> = new Map([
  ['amd64', staticElf('amd64', Buffer.concat([amd64(), data()]))],
  ['arm64', staticElf('arm64', Buffer.concat([arm64(), data()]))],
]);

/** At 0xd0, behind the code, a set of signals, with the bit before each one's number; at 0xd8 a sigaction whose handler is SIG_IGN. */
function data(): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.writeUInt32LE((1 << (SIGTERM - 1)) | (1 << (SIGINT - 1)), 0);
  bytes.writeUInt32LE(SIG_IGN, 8);
  return bytes;
}

function amd64(): Buffer {
  return machineCode(
    ['b8 0e 00 00 00', 'mov eax, 14 (rt_sigprocmask)'],
    ['31 ff', 'xor edi, edi (SIG_BLOCK)'],
    ['48 8d 35 4a 00 00 00', 'lea rsi, [rip + 0x4a] (0xd0: the signals)'],
    ['31 d2', 'xor edx, edx'],
    ['41 ba 08 00 00 00', 'mov r10d, 8 (bytes of a set)'],
    ['0f 05', 'syscall'],
    ['b8 0d 00 00 00', 'mov eax, 13 (rt_sigaction)'],
    ['bf 11 00 00 00', 'mov edi, 17 (SIGCHLD)'],
    ['48 8d 35 37 00 00 00', 'lea rsi, [rip + 0x37] (0xd8: to ignore)'],
    ['31 d2', 'xor edx, edx'],
    ['41 ba 08 00 00 00', 'mov r10d, 8'],
    ['0f 05', 'syscall'],
    ['b8 80 00 00 00', '0xab: mov eax, 128 (rt_sigtimedwait)'],
    ['48 8d 3d 19 00 00 00', 'lea rdi, [rip + 0x19] (0xd0)'],
    ['31 f6', 'xor esi, esi'],
    ['31 d2', 'xor edx, edx'],
    ['41 ba 08 00 00 00', 'mov r10d, 8'],
    ['0f 05', 'syscall'],
    ['85 c0', 'test eax, eax'],
    ['78 e4', 'js 0xab (interrupted: again)'],
    ['b8 e7 00 00 00', 'mov eax, 231 (exit_group)'],
    ['31 ff', 'xor edi, edi'],
    ['0f 05', 'syscall'],
  );
}

function arm64(): Buffer {
  return machineCode(
    ['e8 10 80 d2', 'mov x8, 135 (rt_sigprocmask)'],
    ['00 00 80 d2', 'mov x0, 0 (SIG_BLOCK)'],
    ['81 02 00 10', 'adr x1, 0xd0 (the signals)'],
    ['02 00 80 d2', 'mov x2, 0'],
    ['03 01 80 d2', 'mov x3, 8 (bytes of a set)'],
    ['01 00 00 d4', 'svc 0'],
    ['c8 10 80 d2', 'mov x8, 134 (rt_sigaction)'],
    ['20 02 80 d2', 'mov x0, 17 (SIGCHLD)'],
    ['01 02 00 10', 'adr x1, 0xd8 (to ignore)'],
    ['02 00 80 d2', 'mov x2, 0'],
    ['03 01 80 d2', 'mov x3, 8'],
    ['01 00 00 d4', 'svc 0'],
    ['28 11 80 d2', '0xa8: mov x8, 137 (rt_sigtimedwait)'],
    ['20 01 00 10', 'adr x0, 0xd0'],
    ['01 00 80 d2', 'mov x1, 0'],
    ['02 00 80 d2', 'mov x2, 0'],
    ['03 01 80 d2', 'mov x3, 8'],
    ['01 00 00 d4', 'svc 0'],
    ['40 ff ff 37', 'tbnz w0, 31, 0xa8 (interrupted: again)'],
    ['c8 0b 80 d2', 'mov x8, 94 (exit_group)'],
    ['00 00 80 d2', 'mov x0, 0'],
    ['01 00 00 d4', 'svc 0'],
  );
}
