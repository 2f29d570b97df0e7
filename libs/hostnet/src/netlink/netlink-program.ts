import { machineCode, staticElf, type Architecture } from '../static-elf';

/** Bytes of each request that the program reads; what a message doesn't need of them is zero. */
export const FRAME_BYTES = 256;

/**
 * A program that carries messages between its standard input and output and netfilter's netlink socket, since Node has no
 * such sockets: a static ELF without libc, of about 300 bytes.
 *
 *   s = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)
 *   while (read a frame of 256 bytes from 0)
 *     send(s, frame); while ((n = recv(s, buffer, 64 KiB, MSG_DONTWAIT)) != -EAGAIN) write(1, buffer, n)
 *   exit_group(0), or with the errno of the call that failed
 *
 * The kernel answers within the call that asks, and puts each next part of a dump there within the call that takes the one
 * before it: when there is nothing to receive, the answer is whole. As the pause container's, it stands here as machine code
 * beside what it says; `objdump -D -b binary -m i386:x86-64 --start-address=0x78` reads it back.
 */
export function netlinkProgram(architecture: Architecture): Buffer {
  return staticElf(architecture, { amd64, arm64 }[architecture]());
}

function amd64(): Buffer {
  return machineCode(
    ['b8 29 00 00 00', 'mov eax, 41 (socket)'],
    ['bf 10 00 00 00', 'mov edi, 16 (AF_NETLINK)'],
    ['be 03 00 00 00', 'mov esi, 3 (SOCK_RAW)'],
    ['ba 0c 00 00 00', 'mov edx, 12 (NETLINK_NETFILTER)'],
    ['0f 05', 'syscall'],
    ['85 c0', 'test eax, eax'],
    ['78 7c', 'js fail'],
    ['89 c3', 'mov ebx, eax'],
    ['48 81 ec 00 00 01 00', 'sub rsp, 0x10000 (the buffer)'],
    ['31 ed', 'next: xor ebp, ebp (bytes of the frame that are there)'],
    ['31 c0', 'more: xor eax, eax (read)'],
    ['31 ff', 'xor edi, edi'],
    ['48 8d 34 2c', 'lea rsi, [rsp + rbp]'],
    ['ba 00 01 00 00', 'mov edx, 256'],
    ['29 ea', 'sub edx, ebp'],
    ['0f 05', 'syscall'],
    ['85 c0', 'test eax, eax'],
    ['78 5c', 'js fail'],
    ['74 60', 'je done'],
    ['01 c5', 'add ebp, eax'],
    ['81 fd 00 01 00 00', 'cmp ebp, 256'],
    ['72 df', 'jb more'],
    ['b8 2c 00 00 00', 'mov eax, 44 (sendto)'],
    ['89 df', 'mov edi, ebx'],
    ['48 89 e6', 'mov rsi, rsp'],
    ['89 ea', 'mov edx, ebp'],
    ['45 31 d2', 'xor r10d, r10d'],
    ['45 31 c0', 'xor r8d, r8d'],
    ['45 31 c9', 'xor r9d, r9d'],
    ['0f 05', 'syscall'],
    ['85 c0', 'test eax, eax'],
    ['78 35', 'js fail'],
    ['b8 2d 00 00 00', 'answer: mov eax, 45 (recvfrom)'],
    ['89 df', 'mov edi, ebx'],
    ['48 89 e6', 'mov rsi, rsp'],
    ['ba 00 00 01 00', 'mov edx, 0x10000'],
    ['41 ba 40 00 00 00', 'mov r10d, 0x40 (MSG_DONTWAIT)'],
    ['0f 05', 'syscall'],
    ['83 f8 f5', 'cmp eax, -11 (EAGAIN)'],
    ['74 a6', 'je next'],
    ['85 c0', 'test eax, eax'],
    ['78 15', 'js fail'],
    ['89 c2', 'mov edx, eax'],
    ['b8 01 00 00 00', 'mov eax, 1 (write)'],
    ['bf 01 00 00 00', 'mov edi, 1'],
    ['48 89 e6', 'mov rsi, rsp'],
    ['0f 05', 'syscall'],
    ['85 c0', 'test eax, eax'],
    ['79 cb', 'jns answer'],
    ['f7 d8', 'fail: neg eax'],
    ['89 c7', 'mov edi, eax'],
    ['eb 02', 'jmp exit'],
    ['31 ff', 'done: xor edi, edi'],
    ['b8 e7 00 00 00', 'exit: mov eax, 231 (exit_group)'],
    ['0f 05', 'syscall'],
  );
}

function arm64(): Buffer {
  return machineCode(
    ['c8 18 80 d2', 'mov x8, 198 (socket)'],
    ['00 02 80 d2', 'mov x0, 16 (AF_NETLINK)'],
    ['61 00 80 d2', 'mov x1, 3 (SOCK_RAW)'],
    ['82 01 80 d2', 'mov x2, 12 (NETLINK_NETFILTER)'],
    ['01 00 00 d4', 'svc 0'],
    ['20 05 f8 37', 'tbnz w0, 31, fail'],
    ['f3 03 00 2a', 'mov w19, w0'],
    ['ff 43 40 d1', 'sub sp, sp, 16, lsl 12 (the buffer)'],
    ['14 00 80 d2', 'next: mov x20, 0 (bytes of the frame that are there)'],
    ['e8 07 80 d2', 'more: mov x8, 63 (read)'],
    ['00 00 80 d2', 'mov x0, 0'],
    ['e1 63 34 8b', 'add x1, sp, x20'],
    ['02 20 80 d2', 'mov x2, 256'],
    ['42 00 14 cb', 'sub x2, x2, x20'],
    ['01 00 00 d4', 'svc 0'],
    ['e0 03 f8 37', 'tbnz w0, 31, fail'],
    ['e0 03 00 34', 'cbz w0, exit'],
    ['94 02 00 8b', 'add x20, x20, x0'],
    ['9f 02 04 f1', 'cmp x20, 256'],
    ['c3 fe ff 54', 'b.lo more'],
    ['c8 19 80 d2', 'mov x8, 206 (sendto)'],
    ['e0 03 13 2a', 'mov w0, w19'],
    ['e1 03 00 91', 'mov x1, sp'],
    ['e2 03 14 aa', 'mov x2, x20'],
    ['03 00 80 d2', 'mov x3, 0'],
    ['04 00 80 d2', 'mov x4, 0'],
    ['05 00 80 d2', 'mov x5, 0'],
    ['01 00 00 d4', 'svc 0'],
    ['40 02 f8 37', 'tbnz w0, 31, fail'],
    ['e8 19 80 d2', 'answer: mov x8, 207 (recvfrom)'],
    ['e0 03 13 2a', 'mov w0, w19'],
    ['e1 03 00 91', 'mov x1, sp'],
    ['22 00 a0 d2', 'mov x2, 0x10000'],
    ['03 08 80 d2', 'mov x3, 0x40 (MSG_DONTWAIT)'],
    ['04 00 80 d2', 'mov x4, 0'],
    ['05 00 80 d2', 'mov x5, 0'],
    ['01 00 00 d4', 'svc 0'],
    ['1f 2c 00 31', 'cmn w0, 11 (EAGAIN)'],
    ['40 fc ff 54', 'b.eq next'],
    ['e0 00 f8 37', 'tbnz w0, 31, fail'],
    ['08 08 80 d2', 'mov x8, 64 (write)'],
    ['e2 03 00 aa', 'mov x2, x0'],
    ['20 00 80 d2', 'mov x0, 1'],
    ['e1 03 00 91', 'mov x1, sp'],
    ['01 00 00 d4', 'svc 0'],
    ['00 fe ff 36', 'tbz w0, 31, answer'],
    ['e0 03 00 4b', 'fail: neg w0, w0'],
    ['c8 0b 80 d2', 'exit: mov x8, 94 (exit_group)'],
    ['01 00 00 d4', 'svc 0'],
  );
}
