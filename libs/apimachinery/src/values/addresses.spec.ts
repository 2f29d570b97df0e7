import { backendAddress, httpHeaderName } from './names';

describe('an address that a Service may lead to', () => {
  const LOOPBACK = 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  const LINK_LOCAL = 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  const MULTICAST = 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  it.each([
    ['127.0.0.1', LOOPBACK],
    ['127.255.0.9', LOOPBACK],
    ['::1', LOOPBACK],
    ['0:0:0:0:0:0:0:1', LOOPBACK],
    ['::ffff:127.0.0.1', LOOPBACK],
    ['::ffff:7f00:1', LOOPBACK],
    ['0:0:0:0:0:FFFF:127.0.0.1', LOOPBACK],
    ['::ffff:a9fe:a9fe', LINK_LOCAL],
    ['169.254.169.254', LINK_LOCAL],
    ['fe80::1', LINK_LOCAL],
    ['febf::1', LINK_LOCAL],
    ['0.0.0.0', 'may not be unspecified (0.0.0.0)'],
    ['::', 'may not be unspecified (::)'],
    ['224.0.0.1', MULTICAST],
    ['ff02::1', MULTICAST],
  ])('is not %s', (address, reason) => {
    expect(backendAddress(address)).toEqual([reason]);
  });

  it.each(['10.0.0.1', '128.0.0.1', '169.253.1.1', '224.0.1.1', '2001:db8::1', 'fec0::1', 'ff05::1'])(
    'is %s',
    (address) => {
      expect(backendAddress(address)).toEqual([]);
    },
  );
});

describe('the name of a header', () => {
  it('is letters, digits and dashes', () => {
    expect(['X-Two', 'a', '1'].flatMap(httpHeaderName)).toEqual([]);
    expect(['X Y', '', 'a:b', 'é', 'a\r\nb'].map((name) => httpHeaderName(name).length)).toEqual([1, 1, 1, 1, 1]);
    expect(httpHeaderName('X Y')[0]).toMatch(/^a valid HTTP header must consist of alphanumeric characters or '-'/);
  });
});
