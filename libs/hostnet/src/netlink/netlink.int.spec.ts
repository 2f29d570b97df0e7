import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ProgramError, runForBytes } from '../run';
import { carryNetlink } from './carry-netlink';
import { netlinkProgram } from './netlink-program';

/** Asks nfnetlink for how many conversations there are (IPCTNL_MSG_CT_GET_STATS); `sequence` comes back in the answer. */
function statistics(sequence: number): Buffer {
  const message = Buffer.alloc(20);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE((1 << 8) | 5, 4);
  message.writeUInt16LE(1, 6);
  message.writeUInt32LE(sequence, 8);
  return message;
}

function sequencesOf(answer: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < answer.length; at += answer.readUInt32LE(at)) found.push(answer.readUInt32LE(at + 8));
  return found;
}

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('shiplog-netlink-'));

describe('the program that carries netlink', () => {
  /** Of what an assembler has made, the one for arm64 run by an emulator. */
  it.each([
    ['amd64', '0950aeab457b8b2e0bd60491e56cb3be3a42aad6d2c699b514b116d1ff7ce9c9'],
    ['arm64', '540dcb6c992a26214919e76554f83c37474ec2a78dd5dd3965aa341f4a3c2088'],
  ] as const)('for %s is the one that its listing was read from', (architecture, digest) => {
    expect(createHash('sha256').update(netlinkProgram(architecture)).digest('hex')).toBe(digest);
  });

  it('carries message after message, and their answers in order', async () => {
    const asked = Array.from({ length: 1_000 }, (_, index) => index + 1);
    expect(sequencesOf(await carryNetlink(asked.map(statistics), runForBytes))).toEqual(asked);
  });

  it('leaves nothing behind, and answers nothing when asked nothing', async () => {
    const before = leftovers();
    expect(await carryNetlink([], runForBytes)).toHaveLength(0);
    expect(leftovers()).toEqual(before);
  });

  it('is tried elsewhere where files may not be run', async () => {
    const tried: string[] = [];
    const answer = await carryNetlink([statistics(7)], (program, args, input) => {
      tried.push(program);
      if (tried.length === 1) return Promise.reject(new ProgramError(program, `spawn ${program} EACCES`));
      return runForBytes(program, args, input);
    });
    expect(sequencesOf(answer)).toEqual([7]);
    expect(tried[1]).toMatch(/^\/run\//);
  });

  it('tells which right was missing', async () => {
    const asNobody = (program: string, _: readonly string[], input: Buffer) =>
      runForBytes('sh', ['-c', `cat > /dev/null; exit 1 # ${program}`], input);
    await expect(carryNetlink([statistics(1)], asNobody)).rejects.toThrow('netlink: EPERM');
  });

  it('refuses a message that is too long', async () => {
    await expect(carryNetlink([Buffer.alloc(257)], runForBytes)).rejects.toThrow(RangeError);
  });
});
