import { HASH_LABEL, hashedTemplate, sameTemplate, templateHash } from './template';

const template = (image: string, metadata: object = {}) => ({
  metadata: { labels: { app: 'web' }, ...metadata },
  spec: { containers: [{ name: 'main', image }] },
});

describe('the template of a Deployment', () => {
  it('is told from others by what makes other pods, and by nothing else', () => {
    const web = template('web:1');
    const same = [hashedTemplate(web, 'abc'), template('web:1', { creationTimestamp: null, annotations: {} })];
    expect(same.map((other) => [sameTemplate(web, other), templateHash(other, 0) === templateHash(web, 0)])).toEqual([
      [true, true],
      [true, true],
    ]);
    const others = [
      template('web:2'),
      template('web:1', { labels: {} }),
      template('web:1', { annotations: { a: '' } }),
    ];
    expect(others.map((other) => sameTemplate(web, other))).toEqual([false, false, false]);
    expect(new Set([web, ...others].map((other) => templateHash(other, 0))).size).toBe(4);
  });

  it('has a structure that is empty, or has none', () => {
    const volumes = (volume: object) => ({ spec: { containers: [], volumes: [{ name: 'v', ...volume }] } });
    expect(sameTemplate(volumes({ emptyDir: {} }), volumes({}))).toBe(false);
  });

  it('has another hash after a collision, whatever the order of its fields', () => {
    const { metadata, spec } = template('web:1');
    expect(templateHash({ spec, metadata }, 0)).toBe(templateHash({ metadata, spec }, 0));
    expect(templateHash({ metadata, spec }, 1)).not.toBe(templateHash({ metadata, spec }, 0));
  });

  it('carries its hash as a label', () => {
    expect(hashedTemplate({}, 'abc')).toEqual({ metadata: { labels: { [HASH_LABEL]: 'abc' } } });
  });
});
