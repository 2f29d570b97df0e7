import { healthPage } from './health-pages';

const well = { name: 'ping', problem: () => undefined };
const ill = { name: 'projection', problem: () => 'still reading the log' };
const stopping = { name: 'shutdown', problem: () => 'the server is stopping', readinessOnly: true };

describe('healthPage', () => {
  it('is short for who only wants to know', () => {
    expect(healthPage('/healthz', {}, [well])).toMatchObject({ code: 200, body: 'ok' });
  });

  it('lists every check on request, and always when one fails, but does not tell strangers what is wrong', () => {
    expect(healthPage('/readyz', { verbose: '' }, [well])).toMatchObject({
      body: '[+]ping ok\nreadyz check passed\n',
      headers: { 'x-content-type-options': 'nosniff' },
    });
    expect(healthPage('/readyz', {}, [well, ill])).toMatchObject({
      code: 500,
      body: '[+]ping ok\n[-]projection failed: reason withheld\nreadyz check failed\n',
    });
  });

  it('leaves out what it is told to, if there is such a check', () => {
    expect(healthPage('/readyz', { exclude: 'projection' }, [well, ill])).toMatchObject({ code: 200, body: 'ok' });
    const exclude = ['projection', 'z"', 'other'];
    expect(healthPage('/readyz', { verbose: '', exclude }, [well, ill])).toMatchObject({
      code: 200,
      body:
        '[+]ping ok\n[+]projection excluded: ok\n' +
        'warn: some health checks cannot be excluded: no matches for "other","z\\""\nreadyz check passed\n',
    });
  });

  it('is alive and healthy while it is not ready', () => {
    expect(healthPage('/livez', {}, [well, ill])).toMatchObject({ code: 200 });
    expect(healthPage('/healthz', {}, [well, stopping])).toMatchObject({ code: 200 });
    expect(healthPage('/readyz', {}, [well, stopping])).toMatchObject({ code: 500 });
  });

  it('tells of single checks', () => {
    expect(healthPage('/readyz/ping', {}, [well, ill])).toMatchObject({ code: 200, body: 'ok' });
    expect(healthPage('/readyz/projection', {}, [well, ill])).toMatchObject({
      code: 500,
      body: 'internal server error: still reading the log\n',
    });
    expect(healthPage('/readyz/nothing', {}, [well])).toMatchObject({ code: 404 });
    expect(healthPage('/livez/projection', {}, [well, ill])).toMatchObject({ code: 404 });
    expect(healthPage('/elsewhere', {}, [well])).toBeUndefined();
  });
});
