using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace GenAgent.Cli.Tests.Security;

/// <summary>A server of somebody else on this machine, which nothing may call.</summary>
internal sealed class Attacker : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public Attacker() => _listener.Start();

    /// <summary>A text that names its port as {0}.</summary>
    public string In(string text) => string.Format(CultureInfo.InvariantCulture, text, ((IPEndPoint)_listener.LocalEndpoint).Port);

    public void RequireNotCalled() => _listener.Pending().ShouldBeFalse("nothing may connect to the address");

    public void Dispose() => _listener.Dispose();
}
