import { StatusError, type Pod } from '@shiplog/contracts';
import { commandOf, portOf, portsOf, sessionContainer, sessionOptions } from './session-options';

const messageOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof StatusError ? `${error.status.code} ${error.status.message}` : String(error);
  }
};

const pod = (...names: string[]): Pod =>
  ({
    metadata: { name: 'web' },
    spec: { containers: names.map((name) => ({ name })), initContainers: [{ name: 'init' }] },
  }) as unknown as Pod;

describe('what a session is asked for', () => {
  it.each<[Record<string, string>, object | string]>([
    [{ stdout: 'true' }, { stdin: false, stdout: true, stderr: false, tty: false }],
    [
      { stdin: '1', stdout: '1', stderr: '1' },
      { stdin: true, stdout: true, stderr: true, tty: false },
    ],
    [
      { stdout: 'true', stderr: 'true', tty: 'true' },
      { stdin: false, stdout: true, stderr: false, tty: true },
    ],
    [{}, '400 you must specify at least 1 of stdin, stdout, stderr'],
    [{ stderr: 'true', tty: 'true' }, '400 you must specify at least 1 of stdin, stdout, stderr'],
  ])('of %j is %j', (query, wanted) => {
    if (typeof wanted === 'string') expect(messageOf(() => sessionOptions(query))).toBe(wanted);
    else expect(sessionOptions(query)).toEqual(wanted);
  });

  it('is a command of one word or many', () => {
    expect(commandOf({ command: 'ls' })).toEqual(['ls']);
    expect(commandOf({ command: ['sh', '-c', ''] })).toEqual(['sh', '-c', '']);
    expect(messageOf(() => commandOf({}))).toMatch(/^400 /);
  });

  it.each<[string | string[] | undefined, number[] | RegExp]>([
    ['80', [80]],
    ['80,443', [80, 443]],
    [
      ['80', '443'],
      [80, 443],
    ],
    [undefined, /^400 query parameter "port" is required/],
    ['', /^400 /],
    ['x', /^400 unable to parse "x" as a port/],
    ['0', /^400 /],
    [Array(200).fill('80'), /^400 at most 100 ports/],
  ])('is the ports %j', (ports, wanted) => {
    if (wanted instanceof RegExp) expect(messageOf(() => portsOf({ ports }))).toMatch(wanted);
    else expect(portsOf({ ports })).toEqual(wanted);
  });

  it.each([
    ['1', 1],
    ['65535', 65_535],
    ['65536', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    [undefined, undefined],
  ])('is no port but a whole number: %s', (text, port) => expect(portOf(text)).toBe(port));

  it.each<[Pod, string | undefined, string]>([
    [pod('main'), undefined, 'main'],
    [pod('main'), 'init', 'init'],
    [pod('main'), 'other', 'container other is not valid for pod web'],
    [pod('a', 'b'), 'b', 'b'],
    [pod('a', 'b'), undefined, 'a container name must be specified for pod web, choose one of: [init a b]'],
    [pod(), undefined, 'a container name must be specified for pod web'],
  ])('is a container of the pod (%#)', (of, container, wanted) => {
    const result = sessionContainer(of, container === undefined ? {} : { container });
    expect(result.ok ? result.value : result.status.message).toBe(wanted);
  });
});
