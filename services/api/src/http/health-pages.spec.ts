import { healthPage } from './health-pages';

const well = { name: 'ping', problem: () => undefined };
const ill = { name: 'projection', problem: () => 'still reading the log' };

describe('healthPage', () => {
  it('is short for who only wants to know', () => {
    expect(healthPage('/healthz', false, [well])).toMatchObject({ code: 200, body: 'ok' });
  });

  it('lists every check on request, and always when one fails', () => {
    expect(healthPage('/readyz', true, [well])).toMatchObject({ body: '[+]ping ok\nreadyz check passed\n' });
    expect(healthPage('/readyz', false, [well, ill])).toMatchObject({
      code: 500,
      body: '[+]ping ok\n[-]projection failed: still reading the log\nreadyz check failed\n',
    });
  });

  it('is alive while it is not ready, and tells of single checks', () => {
    expect(healthPage('/livez', false, [well, ill])).toMatchObject({ code: 200 });
    expect(healthPage('/readyz/ping', false, [well, ill])).toMatchObject({ code: 200 });
    expect(healthPage('/readyz/nothing', false, [well])).toMatchObject({ code: 404 });
    expect(healthPage('/elsewhere', false, [well])).toBeUndefined();
  });
});
