import { renderRequestPath } from './request-path';

describe('the path of a probe in the request line', () => {
  it.each([
    ['/healthz', '/healthz'],
    ['', '/'],
    ['/health check', '/health%20check'],
    ['hc?x=1#part', '/hc?x=1'],
    ['/健康', '/%E5%81%A5%E5%BA%B7'],
    ['/é', '/%C3%A9'],
    ['/a%20b', '/a%20b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a%20b c', '/a%20b%20c'],
    ['/50%', '/50%25'],
    ['/50%?a=1', '/50%25%3Fa=1'],
    ['/a!b', '/a!b'],
    ['/a?q=a b', '/a?q=a%20b'],
    ['/a?q=%', '/a?q=%'],
    ['/a\r\nHost: b', '/a%0D%0AHost:%20b'],
    ['/a/../b', '/a/../b'],
    ['/"<>`{}|\\^', '/%22%3C%3E%60%7B%7D%7C%5C%5E'],
  ])('of %j is %j', (path, expected) => {
    expect(renderRequestPath(path)).toBe(expected);
  });
});
