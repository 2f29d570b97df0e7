const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const LOAD_ADDRESS = 0x40_0000;

/** Architectures that programs of our own are there for, as Go names them: e_machine, and the largest page of a kernel. */
const ARCHITECTURES = {
  amd64: { machine: 0x3e, pageSize: 0x1000 },
  arm64: { machine: 0xb7, pageSize: 0x1_0000 },
} as const;

export type Architecture = keyof typeof ARCHITECTURES;

/** A program without libc as a file (elf(5)): headers, and code with what it refers to, loaded as one segment that may be read and executed. */
export function staticElf(architecture: Architecture, code: Buffer): Buffer {
  const { machine, pageSize } = ARCHITECTURES[architecture];
  const headers = Buffer.alloc(ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES);
  const size = headers.length + code.length;
  // e_ident: 64 bits, little endian, version 1.
  headers.write('\x7fELF\x02\x01\x01', 'latin1');
  headers.writeUInt16LE(2, 16); // e_type: executable
  headers.writeUInt16LE(machine, 18);
  headers.writeUInt32LE(1, 20); // e_version
  headers.writeUInt32LE(LOAD_ADDRESS + headers.length, 24); // e_entry
  headers.writeUInt32LE(ELF_HEADER_BYTES, 32); // e_phoff
  headers.writeUInt16LE(ELF_HEADER_BYTES, 52); // e_ehsize
  headers.writeUInt16LE(PROGRAM_HEADER_BYTES, 54); // e_phentsize
  headers.writeUInt16LE(1, 56); // e_phnum
  const segment = headers.subarray(ELF_HEADER_BYTES);
  segment.writeUInt32LE(1, 0); // p_type: to be loaded
  segment.writeUInt32LE(0b101, 4); // p_flags: readable, executable
  segment.writeUInt32LE(LOAD_ADDRESS, 16); // p_vaddr
  segment.writeUInt32LE(LOAD_ADDRESS, 24); // p_paddr
  segment.writeUInt32LE(size, 32); // p_filesz
  segment.writeUInt32LE(size, 40); // p_memsz
  segment.writeUInt32LE(pageSize, 48); // p_align
  return Buffer.concat([headers, code]);
}

/** Machine code as a listing: each instruction in hexadecimal, in the order of its bytes, and what it does. */
export function machineCode(...listing: readonly (readonly [code: string, instruction: string])[]): Buffer {
  return Buffer.from(listing.map(([code]) => code.replaceAll(' ', '')).join(''), 'hex');
}
