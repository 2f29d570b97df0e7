// Tests on real parts may wait for a container or a takeover; a hang still ends.
jest.setTimeout(120_000);
