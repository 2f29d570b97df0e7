import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LauncherFailure } from './failure';
import {
  createOwn,
  makeOwnFolder,
  makeOwnFolders,
  readOwn,
  runtimeFolder,
  runtimePath,
  writeOwn,
} from './runtime-folder';
import { isRoot } from './system/tools';

const uid = process.getuid!();
const NOBODY = 65_534;
const itAsRoot = isRoot() ? it : it.skip;

describe('runtime state', () => {
  let folder: string;
  const at = (...names: string[]) => join(folder, ...names);
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shiplog-runtime-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a refused call says, with its fix. */
  const refusal = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      if (error instanceof LauncherFailure) return `${error.message} ${error.fix}`;
      throw error;
    }
    throw new Error('it was not refused');
  };

  describe('its place', () => {
    const user = { platform: 'linux' as const, uid, temporary: '/var/tmp' };

    it('is below /run for root, and in the session of a user who has one', () => {
      mkdirSync(at('session'), { mode: 0o700 });
      expect(runtimePath({ ...user, uid: 0, sessionFolder: at('session') })).toBe('/run/shiplog/launcher');
      const place = { ...user, platform: 'freebsd' as const, sessionFolder: at('session') };
      expect(runtimePath(place)).toBe(at('session', 'shiplog'));
      expect(modeOf(runtimeFolder(place))).toBe(0o700);
    });

    it('is a folder of the user in the temporary one where there is no session, or another user’s', () => {
      const other = { ...user, uid: 4_711 };
      mkdirSync(at('session'), { mode: 0o700 });
      expect(runtimePath({ ...other, sessionFolder: undefined })).toBe('/tmp/shiplog-4711');
      expect(runtimePath({ ...other, sessionFolder: at('session') })).toBe('/tmp/shiplog-4711');
      const mac = { ...other, platform: 'darwin' as const, sessionFolder: undefined, temporary: '/var/folders/a/T' };
      expect(runtimePath(mac)).toBe('/var/folders/a/T/shiplog-4711');
    });

    it('is short enough for the name of a socket', () => {
      const deep = at('d'.repeat(80));
      mkdirSync(deep, { mode: 0o700 });
      const place = { ...user, platform: 'darwin' as const, uid: 4_711, sessionFolder: deep, temporary: deep };
      expect(runtimePath(place).length).toBeLessThan(78);
    });
  });

  describe('a folder', () => {
    it('is made with its mode whatever the umask is, and one of before is narrowed', () => {
      const before = process.umask(0o077);
      makeOwnFolders(at('a'), at('a', 'b', 'c'), 0o711);
      process.umask(before);
      expect([at('a'), at('a', 'b'), at('a', 'b', 'c')].map(modeOf)).toEqual([0o711, 0o711, 0o711]);
      mkdirSync(at('old'), { mode: 0o755 });
      makeOwnFolder(at('old'));
      expect(modeOf(at('old'))).toBe(0o700);
    });

    it('that is a file, a link or writable by others is refused with what to do, and left as it is', () => {
      writeFileSync(at('file'), 'mine');
      mkdirSync(at('target'), { mode: 0o755 });
      symlinkSync(at('target'), at('link'));
      mkdirSync(at('open'));
      chmodSync(at('open'), 0o777);
      expect(refusal(() => makeOwnFolder(at('file')))).toContain('no folder');
      expect(refusal(() => makeOwnFolder(at('link')))).toMatch(/no folder|symbolic link/);
      expect(refusal(() => makeOwnFolder(at('open')))).toContain(`others may write to it. ls -ld ${at('open')}`);
      expect([modeOf(at('target')), modeOf(at('open'))]).toEqual([0o755, 0o777]);
    });

    itAsRoot('of another user is refused', () => {
      mkdirSync(at('theirs'), { mode: 0o700 });
      chownSync(at('theirs'), NOBODY, NOBODY);
      expect(refusal(() => makeOwnFolder(at('theirs')))).toContain(`belongs to user ${NOBODY}`);
    });
  });

  describe('a file', () => {
    it('is its owner’s alone, and is replaced as a whole', () => {
      writeOwn(at('claim'), 'one');
      writeOwn(at('claim'), 'two');
      expect([readOwn(at('claim')), modeOf(at('claim')), readdirSync(folder)]).toEqual(['two', 0o600, ['claim']]);
      expect(readOwn(at('absent'))).toBeUndefined();
    });

    it('is created by one only', () => {
      expect([createOwn(at('slot'), 'first'), createOwn(at('slot'), 'second')]).toEqual([true, false]);
      expect([readOwn(at('slot')), readdirSync(folder)]).toEqual(['first', ['slot']]);
    });

    it('in whose place a link was put is not written through, nor read', () => {
      writeFileSync(at('victim'), 'untouched');
      symlinkSync(at('victim'), at('claim'));
      expect(refusal(() => readOwn(at('claim')))).toContain('symbolic link');
      writeOwn(at('claim'), 'secret');
      expect(readFileSync(at('victim'), 'utf8')).toBe('untouched');
      expect(lstatSync(at('claim')).isFile()).toBe(true);
    });

    it('in whose place a pipe was put is refused without waiting for a writer', () => {
      execFileSync('mkfifo', ['-m', '600', at('claim')]);
      expect(refusal(() => readOwn(at('claim')))).toContain('no regular file');
    });

    itAsRoot('of another user is not believed', () => {
      writeFileSync(at('claim'), '{}', { mode: 0o644 });
      chownSync(at('claim'), NOBODY, NOBODY);
      expect(refusal(() => readOwn(at('claim')))).toContain(`belongs to user ${NOBODY}`);
      expect(existsSync(at('claim'))).toBe(true);
    });
  });
});
