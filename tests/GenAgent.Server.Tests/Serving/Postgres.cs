using System.Diagnostics;

namespace GenAgent.Server.Tests.Serving;

/// <summary>A PostgreSQL of the system on a port of its own, where there is one. It does not run as root: then the user nobody has it.</summary>
internal sealed class Postgres : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _programs;

    private Postgres(string folder, string programs, int port) => (_folder, _programs, Port) = (folder, programs, port);

    public int Port { get; }

    public string Url => $"postgres://tester@127.0.0.1:{Port}/postgres";

    /// <summary>Starts one; null where there is none.</summary>
    public static async Task<Postgres?> TryStartAsync()
    {
        const string Root = "/usr/lib/postgresql";
        if (!Directory.Exists(Root)
            || Directory.GetDirectories(Root).Select(version => Path.Combine(version, "bin"))
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb"))) is not { } programs)
        {
            return null;
        }
        var postgres = new Postgres(Directory.CreateTempSubdirectory("genagent-postgres-").FullName, programs, ServerProcess.FreePort());
        if (Environment.UserName is "root") await RunAsync("chown", ["nobody", postgres._folder]);
        var data = Path.Combine(postgres._folder, "data");
        await postgres.AsUserAsync("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync");
        await postgres.AsUserAsync(
            "pg_ctl", "-D", data, "-w", "-l", Path.Combine(
                postgres._folder, "log"), "-o", $"-p {postgres.Port} -k {postgres._folder} -c listen_addresses=127.0.0.1 -c fsync=off", "start");
        return postgres;
    }

    public async ValueTask DisposeAsync()
    {
        await AsUserAsync("pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    private Task AsUserAsync(string program, params string[] arguments) => Environment.UserName is "root"
        ? RunAsync("setpriv", ["--reuid=nobody", "--regid=nogroup", "--clear-groups", Path.Combine(_programs, program), .. arguments])
        : RunAsync(Path.Combine(_programs, program), arguments);

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        // Its output is not redirected: the server that pg_ctl starts would hold the pipe.
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$@\" > /dev/null 2>&1", program, .. arguments]) { WorkingDirectory = "/tmp" })!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
