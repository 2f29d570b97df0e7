import { resolve } from 'node:path';
import { shellPath, shownPath } from './home';

describe('a path as a user would type it', () => {
  it('is relative when it is below the present folder', () => {
    expect(shownPath(resolve('.shiplog', 'pki'))).toBe('.shiplog/pki');
    expect(shownPath('/var/lib/shiplog')).toBe('/var/lib/shiplog');
  });

  it('is quoted for a shell where it must be', () => {
    expect(shellPath('/var/lib/ship log')).toBe("'/var/lib/ship log'");
    expect(shellPath("/srv/o'neil/$x")).toBe(String.raw`'/srv/o'\''neil/$x'`);
    expect(shellPath('/var/lib/shiplog')).toBe('/var/lib/shiplog');
  });
});
