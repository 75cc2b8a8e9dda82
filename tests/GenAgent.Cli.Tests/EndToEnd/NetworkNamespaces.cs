using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace GenAgent.Cli.Tests.EndToEnd;

/// <summary>
/// Machines of their own, as far as the network goes: one with a bridge, and others with a cable to it. Nothing of this machine's own network is touched.
/// </summary>
internal sealed class NetworkNamespaces : IDisposable
{
    public const string Network = "10.77.0.0/24";
    public const string HubAddress = "10.77.0.1";

    private readonly string _prefix = $"ga{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
    private readonly List<string> _made = [];

    private NetworkNamespaces()
    {
    }

    /// <summary>Makes them; or says why this cannot be done here.</summary>
    public static (NetworkNamespaces? Made, string? Why) TryCreate(int others)
    {
        if (!OperatingSystem.IsLinux()) return (null, "network namespaces are Linux's");
        var made = new NetworkNamespaces();
        try
        {
            made.Add("hub");
            made.InHub("link", "add", "bridge", "type", "bridge", "forward_delay", "0");
            made.InHub("addr", "add", $"{HubAddress}/24", "dev", "bridge");
            made.InHub("link", "set", "bridge", "up");
            for (var number = 1; number <= others; number++)
            {
                made.Add(Other(number));
                made.InHub("link", "add", $"port{number}", "type", "veth", "peer", "name", "eth0", "netns", made.NameOf(Other(number)));
                made.InHub("link", "set", $"port{number}", "master", "bridge", "up");
                Ip("-n", made.NameOf(Other(number)), "addr", "add", $"10.77.0.{number + 1}/24", "dev", "eth0");
                Ip("-n", made.NameOf(Other(number)), "link", "set", "eth0", "up");
            }

            return (made, null);
        }
        catch (Exception failure) when (failure is InvalidOperationException or Win32Exception)
        {
            made.Dispose();
            return (null, $"network namespaces cannot be made here ({failure.Message.Trim()})");
        }
    }

    /// <summary>What starts a program in the machine with the bridge.</summary>
    public string[] Hub => Exec("hub");

    /// <summary>What starts a program in another machine, from 1.</summary>
    public string[] At(int number) => Exec(Other(number));

    /// <summary>Takes a machine's cable out, or puts it back.</summary>
    public void Cable(int number, bool isIn) => InHub("link", "set", $"port{number}", isIn ? "up" : "down");

    public void Dispose()
    {
        foreach (var name in _made)
        {
            try
            {
                Ip("netns", "del", name);
            }
            catch (InvalidOperationException)
            {
                // It was not made.
            }
        }
    }

    private static string Other(int number) => string.Create(CultureInfo.InvariantCulture, $"w{number}");

    private string NameOf(string machine) => $"{_prefix}-{machine}";

    private string[] Exec(string machine) => ["ip", "netns", "exec", NameOf(machine)];

    private void Add(string machine)
    {
        Ip("netns", "add", NameOf(machine));
        _made.Add(NameOf(machine));
        Ip("-n", NameOf(machine), "link", "set", "lo", "up");
    }

    private void InHub(params string[] arguments) => Ip(["-n", NameOf("hub"), .. arguments]);

    private static void Ip(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, UseShellExecute = false })!;
        var errors = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        if (ip.ExitCode != 0) throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {errors}");
    }
}
