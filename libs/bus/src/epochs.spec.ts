import { headers } from 'nats';
import { Epochs, Voice } from './epochs';

describe('epochs', () => {
  let now: number;
  let epochs: Epochs;
  beforeEach(() => {
    now = 0;
    epochs = new Epochs(() => now);
  });

  it('of a term that has a successor are not believed', () => {
    expect([1, 3, 2, 3, undefined].map((epoch) => epochs.believes(epoch))).toEqual([true, true, false, true, true]);
    expect(epochs.latest).toBe(3);
  });

  it('are believed again, whatever they are, when nobody has spoken for the latest in a long time', () => {
    epochs.believes(5);
    now = 30_000;
    expect(epochs.believes(1)).toBe(false);
    now = 61_000;
    expect([epochs.believes(1), epochs.believes(2), epochs.believes(1)]).toEqual([true, true, false]);
  });

  it('stand in the headers of an answer; one without them is of somebody who speaks for no log', () => {
    const answer = (epoch: number) => {
      const encoded = new Voice({ epoch, holds: () => true }).headers.encode();
      return { headers: undefined, _rdata: Buffer.from(encoded), _msg: { hdr: encoded.length } };
    };
    const other = { headers: headers() };
    const believed = [answer(2), answer(1), other, answer(2)].map((item) => epochs.believesAnswer(item));
    expect(believed).toEqual([true, false, true, true]);
  });
});
