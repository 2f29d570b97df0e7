import { Health, HealthController } from './health';

describe("a service's health", () => {
  it('is not ready before anybody has said so, and says which process it is of', () => {
    expect(new Health('scheduler', 'one').report()).toMatchObject({
      service: 'scheduler',
      instance: 'one',
      ready: false,
      detail: 'starting',
      pid: process.pid,
    });
  });

  it('is what was said last', () => {
    const health = new Health('scheduler', 'one');
    health.ready('leads');
    expect(health.report()).toMatchObject({ ready: true, detail: 'leads' });
    health.notReady('the journal does not answer');
    expect(health.report()).toMatchObject({ ready: false, detail: 'the journal does not answer' });
  });

  it('tells what the process uses, as whole seconds and bytes', () => {
    const { uptimeSeconds, rssBytes } = new Health('scheduler', 'one').report();
    expect(Number.isInteger(uptimeSeconds)).toBe(true);
    expect(rssBytes).toBeGreaterThan(1024 * 1024);
  });

  it('is the same when asked for by name and with all others', () => {
    const health = new Health('scheduler', 'one');
    const controller = new HealthController(health);
    health.ready('leads');
    expect(controller.own()).toMatchObject({ ready: true, detail: 'leads' });
    expect(controller.ofAll()).toMatchObject({ ready: true, detail: 'leads' });
  });
});
