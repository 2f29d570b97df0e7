import { originForm } from './absolute-form';

describe('originForm', () => {
  it.each([
    ['/api/v1/pods?limit=1', '/api/v1/pods?limit=1'],
    ['https://10.96.0.1:443/api/v1/pods?limit=1', '/api/v1/pods?limit=1'],
    ['HTTP://host', '/'],
    ['http://host?verbose', '/?verbose'],
    ['//double', '//double'],
    ['*', '/'],
    [undefined, '/'],
    ['no-path', 'no-path'],
  ])('%s is %s', (url, expected) => {
    expect(originForm(url)).toBe(expected);
  });
});
