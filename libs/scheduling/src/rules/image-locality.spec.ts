import { nodeWith, podWith, viewOf, aNode } from '../testing/builders';
import { imageLocality } from './image-locality';

const MB = 1024 * 1024;
const has = (...images: [string, number][]) => ({
  images: images.map(([name, size]) => ({ names: [name, `${name}@sha256:1`], sizeBytes: size * MB })),
});
/** The points of the first of these nodes for a pod with these images. */
const points = (wanted: string[], ...nodes: ReturnType<typeof has>[]) => {
  const pod = podWith({ containers: wanted.map((image) => ({ name: 'c', image })) });
  const cluster = viewOf(nodes.map((node, i) => aNode(`n${i}`, node))).snapshot();
  return imageLocality.rate(pod, cluster)?.(nodeWith(nodes[0]));
};

describe('ImageLocality', () => {
  it('rates by how much of the images is there, from 23 MB to 1000 MB for each', () => {
    expect(points(['a:1'], has(['a:1', 1_000]))).toBe(100);
    expect(points(['a:1'], has(['a:1', 2_000]))).toBe(100);
    expect(points(['a:1'], has(['a:1', 23]))).toBe(0);
    expect(points(['a:1'], has(['a:1', 500]))).toBe(48);
    expect(points(['a:1', 'b:1'], has(['a:1', 500], ['b:1', 500]))).toBe(49);
  });

  it('counts an image by the share of nodes that have it', () => {
    expect(points(['a:1'], has(['a:1', 1_000]), has())).toBe(48);
    expect(points(['a:1'], has(['a:1', 1_000]), has(['a:1', 1_000]))).toBe(100);
    expect(points(['a:1'], has(), has(['a:1', 1_000]))).toBe(0);
  });

  it('knows an image by each of its names, and one without a tag as the latest', () => {
    expect(points(['a:1@sha256:1'], has(['a:1', 1_000]))).toBe(100);
    expect(points(['host:5000/a'], has(['host:5000/a:latest', 1_000]))).toBe(100);
    expect(points(['host:5000/a'], has(['host:5000/a', 1_000]))).toBeUndefined();
  });

  it('has nothing to say where no node has an image', () => {
    expect(points(['a:1'], has())).toBeUndefined();
    expect(points([], has(['a:1', 1_000]))).toBeUndefined();
  });

  it('follows nodes that come, go and get other images', () => {
    const view = viewOf([aNode('a', has(['a:1', 100])), aNode('b', has(['a:1', 100]))]);
    view.setNode(aNode('a', has(['b:1', 100])));
    const nodesWith = (name: string) => view.snapshot().images.nodesWith(name);
    expect([nodesWith('a:1'), nodesWith('b:1')]).toEqual([1, 1]);
    view.removeNode('b');
    view.removeNode('b');
    expect([nodesWith('a:1'), nodesWith('b:1')]).toEqual([0, 1]);
  });
});
