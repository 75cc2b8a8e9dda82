using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Doctor;

namespace GenAgent.Cli.Doctor;

/// <summary>The checks of <c>genagent doctor</c>, in order. A new one is a file of its own, and a line here.</summary>
internal static class CheckList
{
    public static IReadOnlyList<ICheck> All { get; } =
    [
        new RuntimeCheck(),
        new ImageCodecCheck(),
        new TorchCheck(),
        new GpuCheck(),
        new DiskCheck(context => context.Settings.Get<RunOptions>(RunOptions.SectionName).Folder ?? "runs"),
        new BackendCheck("agent", options => options.Agent, registry => registry.ChatSchemes),
        new BackendCheck("generator", options => options.Generator, registry => registry.ImageSchemes),
        new ToolsCheck(),
        new BackendCheck("judge", options => options.Judge, registry => registry.ChatSchemes),
        new TerminalCheck(),
    ];
}
