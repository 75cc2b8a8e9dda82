using System.Diagnostics;

namespace GenAgent.TestKit;

/// <summary>A PostgreSQL of the system on a port of its own, where there is one. It does not run as root: then the user nobody has it.</summary>
public sealed class Postgres : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _programs;
    private readonly string[] _before;

    private Postgres(string folder, string programs, int port, string[] before) => (_folder, _programs, Port, _before) = (folder, programs, port, before);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Its URL on this machine.</summary>
    public string Url => UrlAt("127.0.0.1");

    /// <summary>Its URL on a host.</summary>
    public string UrlAt(string host) => $"postgres://tester@{host}:{Port}/postgres";

    /// <summary>Starts one; null where there is none.</summary>
    /// <param name="network">The addresses, as <c>10.0.0.0/24</c>, that may connect, too; null for this machine alone.</param>
    /// <param name="before">The program and arguments that start it, as <c>ip netns exec NAME</c>.</param>
    public static async Task<Postgres?> TryStartAsync(string? network = null, params string[] before)
    {
        const string Root = "/usr/lib/postgresql";
        if (!Directory.Exists(Root)
            || Directory.GetDirectories(Root).Select(version => Path.Combine(version, "bin"))
            .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb"))) is not { } programs)
        {
            return null;
        }
        var postgres = new Postgres(Directory.CreateTempSubdirectory("genagent-postgres-").FullName, programs, FreePort.Find(), before);
        if (Environment.UserName is "root") await RunAsync("chown", ["nobody", postgres._folder]);
        var data = Path.Combine(postgres._folder, "data");
        await postgres.AsUserAsync("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync");
        if (network is not null) await File.AppendAllTextAsync(Path.Combine(data, "pg_hba.conf"), $"host all all {network} trust\n");
        await postgres.AsUserAsync(
            "pg_ctl", "-D", data, "-w", "-l", Path.Combine(postgres._folder, "log"), "-o",
            $"-p {postgres.Port} -k {postgres._folder} -c listen_addresses={(network is null ? "127.0.0.1" : "0.0.0.0")} -c fsync=off", "start");
        return postgres;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await AsUserAsync("pg_ctl", "-D", Path.Combine(_folder, "data"), "-m", "immediate", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    private Task AsUserAsync(string program, params string[] arguments)
    {
        string[] user = Environment.UserName is "root" ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
        string[] all = [.. _before, .. user, Path.Combine(_programs, program), .. arguments];
        return RunAsync(all[0], all[1..]);
    }

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        // Its output is not redirected: the server that pg_ctl starts would hold the pipe.
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec \"$0\" \"$@\" > /dev/null 2>&1", program, .. arguments]) { WorkingDirectory = "/tmp" })!;
        await Until.EndsAsync(process.WaitForExitAsync(), $"{program} ends");
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
