using System.ComponentModel;
using GenAgent.Evaluation.JudgeChecks;
using GenAgent.Judging;
using GenAgent.Server.Backends;
using GenAgent.Server.OpenAI;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace GenAgent.Server.Mcp;

/// <summary>The tool that judges an image: by the configured judge, else by the agent itself.</summary>
internal sealed class JudgeTool(ServedAgents agents, ServedModels models, ImageArgument images)
{
    [McpServerTool(
        Name = "judge_image",
        Title = "Judge an image",
        ReadOnly = true,
        OpenWorld = false,
        UseStructuredContent = true,
        OutputSchemaType = typeof(JudgedImage))]
    [Description("Says how well an image shows what a prompt asks for: a value, a strict verdict, and the reason.")]
    public async Task<CallToolResult> JudgeAsync(
        [Description("What the image should show.")] string prompt,
        [Description("The image: the id of one that this server made, a data URL, or base64. No address is fetched and no file is read.")] string image,
        [Description("The agent whose judge is asked, by its configured name; leave it out for the default.")] string? agent = null,
        CancellationToken cancellationToken = default)
    {
        if (string.IsNullOrWhiteSpace(prompt)) throw new McpException("\"prompt\" is empty: say what the image should show.");
        string? name = null;
        if (agent is not null && !models.TryChoose(agent, out name)) throw new McpException(OpenAIException.NoModel(agent).Message);
        var given = await images.ReadAsync(image, cancellationToken);
        var composition = await agents.GetAsync(name, generator: null, cancellationToken);
        var judge = composition.Judge
            ?? new AgentJudge(composition.Agent.GetRequiredService<IChatClient>(), composition.Agent.Options with { CandidatesPerRound = 1 });
        var judged = await judge.JudgeAsync(new JudgeRequest(prompt, given), cancellationToken) switch
        {
            Score score => new JudgedImage(score.Judge, score.Value, score.Passed, score.Reason, null),
            NoScore none => new JudgedImage(none.Judge, null, null, null, none.Error),
            var other => new JudgedImage(other.Judge, null, null, null, "the judge gave no score"),
        };
        return new CallToolResult
        {
            Content = [new TextContentBlock { Text = McpJson.Text(judged) }],
            StructuredContent = McpJson.Element(judged),
            IsError = judged.Error is not null
        };
    }
}
