import { mountsBelow, sourcesBelow } from './mount-table';

describe('the table of mounts', () => {
  const TABLE = [
    '22 27 0:21 / /proc rw,relatime - proc proc rw',
    '40 27 0:50 / /state/pods/u1/volumes/a rw,relatime shared:5 - tmpfs tmpfs rw,size=4k',
    '41 40 8:1 /x /state/pods/u1/volumes/a/in\\040it rw,relatime - ext4 /dev/vda rw',
    '42 27 0:51 / /state/pods/u10 rw,relatime - tmpfs tmpfs rw',
    '43 27 0:52 / /state/pods/u1/volumes/a rw,relatime - tmpfs tmpfs rw',
    '',
  ].join('\n');

  it('tells what comes off first, and nothing of directories beside', () => {
    const volume = '/state/pods/u1/volumes/a';
    expect(mountsBelow(TABLE, '/state/pods/u1')).toEqual([volume, `${volume}/in it`, volume]);
    expect(mountsBelow(TABLE, `${volume}/in it`)).toEqual([`${volume}/in it`]);
    expect(mountsBelow(TABLE, '/state/pods/u')).toEqual([]);
  });

  it('tells what was mounted', () => {
    expect([...sourcesBelow(TABLE, '/state/pods/u1')]).toEqual([
      ['/state/pods/u1/volumes/a', 'tmpfs'],
      ['/state/pods/u1/volumes/a/in it', '/dev/vda'],
    ]);
  });
});
