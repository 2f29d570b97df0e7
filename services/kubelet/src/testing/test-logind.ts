import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runProgram } from '@shiplog/hostnet';
import { eventually } from '@shiplog/testing';

const LOGIND = ['org.freedesktop.login1', '/org/freedesktop/login1', 'org.freedesktop.login1.Manager'];
const BUS = (path: string) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${path}</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;

/** What systemd-logind asks of systemd, which can not run here: whether a target is there, to start it, to signal a unit. */
const SYSTEMD = `
import os, signal, sys, dbus, dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib
DBusGMainLoop(set_as_default=True)
bus = dbus.bus.BusConnection(os.environ['DBUS_SYSTEM_BUS_ADDRESS'])
name = dbus.service.BusName('org.freedesktop.systemd1', bus)
MANAGER = 'org.freedesktop.systemd1.Manager'
class Unit(dbus.service.Object):
    @dbus.service.method('org.freedesktop.DBus.Properties', in_signature='ss', out_signature='v')
    def Get(self, interface, property):
        return 'loaded'
class Manager(dbus.service.Object):
    @dbus.service.method(MANAGER)
    def Subscribe(self):
        pass
    @dbus.service.method(MANAGER, in_signature='ss', out_signature='o')
    def StartUnit(self, unit, mode):
        print('starts ' + unit, flush=True)
        return '/org/freedesktop/systemd1/job/1'
    @dbus.service.method(MANAGER, in_signature='ssi')
    def KillUnit(self, unit, who, number):
        os.kill(int(sys.argv[1]), signal.SIGHUP)
units = [Unit(bus, '/org/freedesktop/systemd1/unit/' + target + '_2etarget') for target in ('poweroff', 'reboot')]
manager = Manager(bus, '/org/freedesktop/systemd1')
print('is up', flush=True)
GLib.MainLoop().run()
`;

/** A real systemd-logind on a message bus of a test's own: it can shut nothing down. */
export class TestLogind {
  readonly #children: ChildProcess[] = [];
  /** What systemd was asked to start, such as `poweroff.target`. */
  readonly started: string[] = [];

  private constructor(private readonly directory: string) {}

  static async start(): Promise<TestLogind> {
    const logind = new TestLogind(await mkdtemp(join(tmpdir(), 'shiplog-logind-')));
    await logind.#start().catch(async (error: unknown) => {
      await logind.stop();
      throw error;
    });
    return logind;
  }

  /** The address of its bus. */
  get bus(): string {
    return `unix:path=${join(this.directory, 'bus')}`;
  }

  /** The file by which it is told how long to wait. */
  get settings(): string {
    return join(this.directory, '99-kubelet.conf');
  }

  /** Has the machine go down; answers when it is decided. */
  async powerOff(): Promise<void> {
    await this.#busctl('call', ...LOGIND, 'PowerOff', 'b', 'false');
  }

  /** Who holds the shutdown up. */
  async inhibitors(): Promise<string[]> {
    const printed = await this.#busctl('--json=short', 'call', ...LOGIND, 'ListInhibitors');
    const { data } = JSON.parse(printed) as { data: [[what: string, who: string][]] };
    return data[0].map(([, who]) => who);
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const config = join(this.directory, 'bus.conf');
    await writeFile(config, BUS(join(this.directory, 'bus')));
    this.#spawn('dbus-daemon', '--config-file', config, '--nofork', '--nopidfile');
    await eventually(() => this.#busctl('list'));
    const places = ['mount -t tmpfs none /run', 'mkdir -p /run/udev /run/systemd/logind.conf.d'];
    const bound = `mount --bind ${this.directory} /run/systemd/logind.conf.d`;
    const script = [...places, bound, 'exec /lib/systemd/systemd-logind'].join(' && ');
    const daemon = this.#spawn('unshare', '--mount', 'sh', '-c', script);
    const systemd = this.#spawn('/usr/bin/python3', '-c', SYSTEMD, String(daemon.pid));
    const lines = createInterface(systemd.stdout!);
    lines.on('line', (line) => this.started.push(...(line.startsWith('starts ') ? [line.slice(7)] : [])));
    await once(lines, 'line');
    await eventually(() => this.inhibitors());
  }

  #spawn(program: string, ...args: string[]): ChildProcess {
    const env = { ...process.env, DBUS_SYSTEM_BUS_ADDRESS: this.bus };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
    this.#children.push(child);
    return child;
  }

  #busctl(...args: string[]): Promise<string> {
    return runProgram('env', [`DBUS_SYSTEM_BUS_ADDRESS=${this.bus}`, 'busctl', '--system', '--timeout=5', ...args]);
  }
}
