using System.Reflection;

namespace GenAgent.Server;

/// <summary>The version that the server tells of itself: that of the package, without the commit.</summary>
internal static class ServerVersion
{
    public static string Text { get; } =
        typeof(ServerVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
