import { cgroupPathOf, VERSION_1, VERSION_2 } from './cgroup-files';

const HIERARCHY = `cache 1000
rss 1
inactive_file 2
pgfault 3
hierarchical_memory_limit 9223372036854771712
total_cache 700000
total_rss 250000
total_pgfault 91
total_pgmajfault 4
total_inactive_file 300000
`;

const UNIFIED = `anon 250000
file 700000
kernel 50000
inactive_anon 250000
inactive_file 300000
pgfault 91
pgmajfault 4
`;

describe('usage by cgroup files', () => {
  const memory = {
    usageBytes: 1_000_000,
    workingSetBytes: 700_000,
    rssBytes: 250_000,
    pageFaults: 91,
    majorPageFaults: 4,
  };

  it('is that of a whole tree in version 1', () => {
    expect(VERSION_1.parseCpu('123456789\n')).toBe(123_456_789);
    expect(VERSION_1.parseMemory('1000000\n', HIERARCHY)).toEqual(memory);
  });

  it('comes of other files in version 2', () => {
    expect(VERSION_2.parseCpu('usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\n')).toBe(123_456_000);
    expect(VERSION_2.parseMemory('1000000\n', UNIFIED)).toEqual(memory);
  });

  it('of the root of version 2 is what is anonymous or of files', () => {
    expect(VERSION_2.parseMemory(undefined, UNIFIED)).toEqual({
      ...memory,
      usageBytes: 950_000,
      workingSetBytes: 650_000,
    });
    expect(VERSION_1.parseMemory(undefined, HIERARCHY)).toBeUndefined();
  });

  it('has no working set below zero: the two files are not of one moment', () => {
    expect(VERSION_1.parseMemory('100\n', HIERARCHY)?.workingSetBytes).toBe(0);
  });

  it('is unknown where a file is not as it should be', () => {
    expect(VERSION_1.parseCpu('')).toBeUndefined();
    expect(VERSION_2.parseCpu('user_usec 100000\n')).toBeUndefined();
    expect(VERSION_2.parseMemory('max\n', UNIFIED)).toBeUndefined();
    expect(VERSION_2.parseMemory('1000000\n', '')).toBeUndefined();
  });
});

describe('where a container’s cgroup is', () => {
  it('its first process tells, of the version that counts', () => {
    const text = '12:cpu,cpuacct:/kube/podx/abc\n4:memory:/kube/podx/abc\n0::/system.slice/docker-abc.scope\n';
    expect(cgroupPathOf(text, 'abc', VERSION_1)).toBe('/kube/podx/abc');
    expect(cgroupPathOf(text, 'abc', VERSION_2)).toBe('/system.slice/docker-abc.scope');
  });

  it('is not that of a process that only has the same number here', () => {
    expect(cgroupPathOf('4:memory:/user.slice\n0::/\n', 'abc', VERSION_1)).toBeUndefined();
    expect(cgroupPathOf('', 'abc', VERSION_2)).toBeUndefined();
  });
});
