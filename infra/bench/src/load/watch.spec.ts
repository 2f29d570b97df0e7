import { podOf, sentTimes } from './pod';
import { EventCounter } from './watch';

describe('EventCounter', () => {
  it('counts events wherever the stream is cut', () => {
    const stream = Buffer.from('1a\r\n{"a":{"b":1}}\n{"c":{}}\n\r\n9\r\n{"d":{}}\n\r\n');
    for (let cut = 0; cut < stream.length; cut++) {
      const counter = new EventCounter();
      expect(counter.count(stream.subarray(0, cut)) + counter.count(stream.subarray(cut))).toBe(3);
    }
  });
});

describe('sentTimes', () => {
  it('reads when the pods of a stream were sent', () => {
    const text = [podOf('a', 12), podOf('b', 3456)]
      .map((pod) => JSON.stringify({ type: 'ADDED', object: pod }))
      .join('\n');
    expect(sentTimes(Buffer.from(text))).toEqual([12, 3456]);
  });

  it('leaves out one that is cut', () => expect(sentTimes(Buffer.from('"bench/sent":"00012'))).toEqual([]));
});
