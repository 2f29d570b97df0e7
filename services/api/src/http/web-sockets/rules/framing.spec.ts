import fc from 'fast-check';
import { framingOf, linesIn } from './framing';

describe('the protocol of a stream over a WebSocket', () => {
  it.each<[string[], { protocol: string; isText: boolean }]>([
    [[], { protocol: '', isText: false }],
    [['binary.k8s.io'], { protocol: 'binary.k8s.io', isText: false }],
    [['base64.binary.k8s.io'], { protocol: 'base64.binary.k8s.io', isText: true }],
    [['other', 'base64.binary.k8s.io', 'binary.k8s.io'], { protocol: 'base64.binary.k8s.io', isText: true }],
  ])('of bytes, when %j are offered, is %j', (offered, framing) => {
    expect(framingOf('bytes', offered)).toMatchObject({ ...framing, greets: true });
  });

  it('of bytes is refused when none is known', () => {
    expect(framingOf('bytes', ['channel.k8s.io', 'x'])).toEqual({
      code: 403,
      text: 'requested protocol(s) are not supported: [channel.k8s.io x]; supports [binary.k8s.io base64.binary.k8s.io]',
    });
  });

  it.each<[string[], string]>([
    [[], ''],
    [['binary.k8s.io'], 'binary.k8s.io'],
    [['any'], 'any'],
  ])('of events, when %j are offered, is "%s"', (offered, protocol) => {
    expect(framingOf('events', offered)).toMatchObject({ protocol, isText: true, greets: false });
  });

  it('of events is refused when there is a choice', () => {
    expect(framingOf('events', ['a', 'b'])).toMatchObject({ code: 400 });
  });
});

describe('messages', () => {
  const cut = (protocol: string, text: string): readonly (Buffer | string)[] => {
    const framing = framingOf('bytes', [protocol]);
    return 'code' in framing ? [] : framing.messages(Buffer.from(text));
  };

  it('of bytes are as they come, or base64 of it', () => {
    expect(cut('binary.k8s.io', 'one\ntwo')).toEqual([Buffer.from('one\ntwo')]);
    expect(cut('base64.binary.k8s.io', 'one\ntwo')).toEqual(['b25lCnR3bw==']);
  });

  it('of events are a line each', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), (values) => {
        const events = values.map((value) => `${JSON.stringify(JSON.parse(value))}\n`);
        expect(linesIn(Buffer.from(events.join(''))).map(String)).toEqual(events);
      }),
    );
    expect(linesIn(Buffer.from('a\nb')).map(String)).toEqual(['a\n', 'b']);
  });
});
