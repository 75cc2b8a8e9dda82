namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>Signals that this process was started with as ignored (nohup, a background job), and that what it starts ignores too.</summary>
internal static class IgnoredSignals
{
    // The mask of ignored signals in hexadecimal: SIGHUP is its lowest bit, SIGINT the next one.
    public static bool Contain(string signal) => File.Exists("/proc/self/status")
        && File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)).Trim()[^1] is var last
        && (Convert.ToInt32(last.ToString(), 16) & signal switch { "HUP" => 1, "INT" => 2, _ => 0 }) != 0;
}
