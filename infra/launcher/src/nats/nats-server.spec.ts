import { listensOn, natsCommand } from './nats-server';

const place = {
  listen: '127.0.0.1',
  port: 4222,
  folder: '/home/me/.shiplog/nats',
  config: '/home/me/.shiplog/nats/server.conf',
  slot: 0,
};

describe('a NATS server', () => {
  it('that is a program listens where it is reached', () => {
    const server = { kind: 'program', path: '/usr/sbin/nats-server' } as const;
    const env = { GOGC: '300' };
    expect(natsCommand(server, place)).toEqual({ command: '/usr/sbin/nats-server', args: ['-c', place.config], env });
    expect(listensOn(server, place)).toBe('127.0.0.1:4222');
  });

  it('that is a container publishes its port where it is reached, and keeps its store in the folder', () => {
    const server = { kind: 'container', dockerHost: 'unix:///run/docker.sock' } as const;
    const { command, args, env } = natsCommand(server, place);
    expect([command, ...args].join(' ')).toBe(
      'docker run --rm --name shiplog0-nats -p 127.0.0.1:4222:4222 -e GOGC=300 -v /home/me/.shiplog/nats:/home/me/.shiplog/nats nats:2 -c /home/me/.shiplog/nats/server.conf',
    );
    expect(env).toEqual({ DOCKER_HOST: 'unix:///run/docker.sock' });
    expect(listensOn(server, place)).toBe('0.0.0.0:4222');
  });
});
