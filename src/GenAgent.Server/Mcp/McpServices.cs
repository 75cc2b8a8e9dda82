using GenAgent.Running.Sharing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace GenAgent.Server.Mcp;

/// <summary>The MCP server, whichever way its messages come.</summary>
internal static class McpServices
{
    private const string Instructions =
        "Makes and edits images with an agent that looks at its own images and tries again until they are right. Give prompts in the user's own words: the "
        + "agent writes the generator's prompt itself. "
        + "Results name each image by an id, which edit_image and judge_image take.";

    /// <summary>Adds the server with its tools, without a transport.</summary>
    public static IMcpServerBuilder AddMcpTools(this IServiceCollection services)
    {
        services.TryAddSingleton<McpCaller>();
        services.TryAddSingleton<ImageArgument>();
        return services.AddMcpServer(options =>
        {
            options.ServerInfo = new() { Name = "genagent", Title = "GenAgent", Version = RunSharing.Version };
            options.ServerInstructions = Instructions;
        }).WithTools<ImageTools>(McpJson.Options).WithTools<JudgeTool>(McpJson.Options).WithTools<TrajectoryTools>(McpJson.Options);
    }
}
