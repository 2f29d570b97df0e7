/** Linux capabilities by their number (capabilities(7)), without the `CAP_` prefix. */
export const CAPABILITIES: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/** What `ALL` is spelled out as: without those newer than Linux 5.8, which not every engine knows by name. */
export const LONG_KNOWN_CAPABILITIES = CAPABILITIES.slice(0, CAPABILITIES.indexOf('PERFMON'));

/** What the bounding set in a process' /proc/<pid>/status lacks; without one that says it, nothing. */
export function missingCapabilitiesIn(status: string): string[] {
  const told = /^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1];
  if (told === undefined) return [];
  const bounding = BigInt(`0x${told}`);
  return CAPABILITIES.filter((_, bit) => (bounding & (1n << BigInt(bit))) === 0n);
}
