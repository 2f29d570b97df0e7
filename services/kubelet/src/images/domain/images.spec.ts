import { decideImage } from './pull-decision';
import { completeReference, registryOf, whyMalformed } from './reference';

describe('image references', () => {
  it.each([
    ['redis', 'redis:latest'],
    ['redis:7', 'redis:7'],
    ['example.org:5000/a/b', 'example.org:5000/a/b:latest'],
    [`a/b@sha256:${'0'.repeat(64)}`, `a/b@sha256:${'0'.repeat(64)}`],
    ['Redis', undefined],
    ['a b', undefined],
    ['', undefined],
    ['redis:', undefined],
  ])('%j completes to %j', (given, complete) => {
    expect(completeReference(given)).toBe(complete);
  });

  it.each([
    ['redis', 'docker.io'],
    ['library/redis', 'docker.io'],
    ['example.org/redis', 'example.org'],
    ['localhost/redis', 'localhost'],
    ['host:5000/redis', 'host:5000'],
  ])('%s comes from %s', (given, registry) => {
    expect(registryOf(given)).toBe(registry);
  });
});

describe('what is done about an image', () => {
  it.each([
    ['IfNotPresent', true, 'use'],
    ['IfNotPresent', false, 'pull'],
    ['Always', true, 'pull'],
    ['Always', false, 'pull'],
    ['Never', true, 'use'],
    ['Never', false, 'fail'],
  ])('with policy %s and presence %s is to %s', (policy, present, description) => {
    expect(decideImage('redis:7', policy, present).do).toBe(description);
  });

  it('is to refuse a malformed name', () => {
    expect(decideImage('redis::7', 'Always', false)).toEqual({
      do: 'fail',
      reason: 'InvalidImageName',
      message: `Failed to apply default image tag "redis::7": couldn't parse image name "redis::7": invalid reference format`,
    });
  });

  it.each([
    ['Redis:7', 'invalid reference format: repository name (library/Redis) must be lowercase'],
    ['me/Redis', 'invalid reference format: repository name (me/Redis) must be lowercase'],
    ['example.org/Me/redis', 'invalid reference format: repository name (Me/redis) must be lowercase'],
    ['a b', 'invalid reference format'],
    ['f'.repeat(64), `invalid repository name (${'f'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
  ])('says of %s: %s', (image, reason) => {
    expect(whyMalformed(image)).toBe(reason);
  });
});
