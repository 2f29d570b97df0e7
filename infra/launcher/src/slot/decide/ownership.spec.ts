import { decideOwnership, describeForeign, type Liveness, type SlotClaim } from './ownership';

const claim: SlotClaim = { home: '/home/ann/.shiplog', pid: 100, started: 'boot/1' };
const seen = (by: { home: string; pid: number }, alive: Liveness) => decideOwnership(claim, alive, by).kind;

describe('whose a slot is', () => {
  const same = { home: claim.home, pid: 200 };
  const other = { home: '/home/bob/.shiplog', pid: 200 };

  it('is nobody’s without a claim', () => {
    expect(decideOwnership(undefined, 'nothing', same)).toEqual({ kind: 'free' });
  });

  it('is the claimant’s own, and held against any other process of the same home while it lives', () => {
    expect(seen({ ...same, pid: claim.pid }, 'launcher')).toBe('own');
    expect(seen(same, 'launcher')).toBe('running');
  });

  it('falls back to its home when the launcher has died, whatever it left running', () => {
    expect([seen(same, 'processes'), seen(same, 'nothing')]).toEqual(['leftover', 'leftover']);
    expect(seen({ ...same, pid: claim.pid }, 'nothing')).toBe('leftover');
  });

  it('is never another home’s while anything of its own runs', () => {
    expect([seen(other, 'launcher'), seen(other, 'processes')]).toEqual(['foreign', 'foreign']);
    expect(seen({ ...other, pid: claim.pid }, 'launcher')).toBe('foreign');
  });

  it('is free for another home to take once nothing of its own runs', () => {
    expect(seen(other, 'nothing')).toBe('abandoned');
  });

  it('is said with its home, its process and both ways out', () => {
    const { sentence, fix } = describeForeign({ kind: 'foreign', claim, alive: 'launcher' }, 19);
    expect(sentence).toContain('/home/ann/.shiplog (process 100)');
    expect(fix).toBe(
      'npm run down where it was started (SHIPLOG_HOME=/home/ann/.shiplog), or another slot: SHIPLOG_SLOT=0',
    );
    expect(describeForeign({ kind: 'foreign', claim, alive: 'processes' }, 0).sentence).toContain(
      'process 100, has died',
    );
  });
});
