import fc from 'fast-check';
import { exitStatus } from './exit-status';
import { terminalSize } from './terminal-size';

describe('the size of a terminal', () => {
  it.each<[string, object | undefined]>([
    ['{"Width":80,"Height":24}', { columns: 80, rows: 24 }],
    ['{"Width":80}', undefined],
    ['{"Width":0,"Height":24}', undefined],
    ['{"Width":70000,"Height":24}', undefined],
    ['{"Width":1.5,"Height":24}', undefined],
    ['null', undefined],
    ['{', undefined],
    [`{"Width":80,"Height":24,"x":"${'x'.repeat(1_000)}"}`, undefined],
  ])('in %s is %j', (text, size) => expect(terminalSize(Buffer.from(text))).toEqual(size));

  it('is looked for in anything', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void terminalSize(bytes)));
  });
});

describe('how a command ended', () => {
  it('is told as Kubernetes tells it', () => {
    expect(exitStatus(0)).toEqual({ metadata: {}, status: 'Success' });
    expect(exitStatus(137)).toMatchObject({
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '137' }] },
    });
  });
});
