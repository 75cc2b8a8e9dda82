using System.ComponentModel;
using GenAgent.Server.Browse;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace GenAgent.Server.Mcp;

/// <summary>The tools that list and read trajectories.</summary>
internal sealed class TrajectoryTools(TrajectoryIndex index)
{
    private const int MostItems = 100;
    private const int MostImages = 16;

    [McpServerTool(
        Name = "list_trajectories",
        Title = "List trajectories",
        ReadOnly = true,
        OpenWorld = false,
        UseStructuredContent = true,
        OutputSchemaType = typeof(ListedTrajectories))]
    [Description("Lists the trajectories of earlier runs, newest first: prompt, verdict, rounds.")]
    public async Task<CallToolResult> ListAsync(
        [Description("Only prompts with all these words in them, in upper or lower case.")] string? text = null,
        [Description("Only this verdict: passed, failed, declined or fault.")] string? verdict = null,
        [Description("How many, from 1 to 100.")] int limit = 20,
        [Description("\"next\" of the page before; leave it out for the first page.")] string? after = null,
        CancellationToken cancellationToken = default)
    {
        if (limit is < 1 or > MostItems) throw new McpException($"\"limit\" is {limit}, but must be from 1 to {MostItems}.");
        if (verdict is not (null or "passed" or "failed" or "declined" or "fault"))
        {
            throw new McpException("\"verdict\" must be passed, failed, declined or fault.");
        }
        try
        {
            var page = new TrajectoryQuery { Text = text, Verdict = verdict, Limit = limit, Cursor = after }.Find(await index.CurrentAsync(cancellationToken));
            return Result(new ListedTrajectories([.. page.Items.Select(ListedTrajectory.Of)], page.Total, page.Next), []);
        }
        catch (RefusedException wrong)
        {
            throw new McpException("\"after\" is no trajectory of this list: give \"next\" of the page before.", wrong);
        }
    }

    [McpServerTool(
        Name = "read_trajectory",
        Title = "Read a trajectory",
        ReadOnly = true,
        OpenWorld = false,
        UseStructuredContent = true,
        OutputSchemaType = typeof(ReadTrajectory))]
    [Description("Reads one trajectory: the agent's thoughts, judgments and prompts turn by turn, with its images.")]
    public async Task<CallToolResult> ReadAsync(
        [Description("The trajectory's id.")] string id,
        [Description("Whether the images come too: the first 16 of the run, in order.")] bool images = true,
        CancellationToken cancellationToken = default)
    {
        var trajectory = await index.ReadAsync(id, cancellationToken)
            ?? throw new McpException($"There is no trajectory of that id: list_trajectories names those there are.");
        var blocks = new List<ContentBlock>();
        foreach (var image in images ? trajectory.Rounds.SelectMany(round => round.Images).Take(MostImages) : [])
        {
            if (await index.ReadImageAsync(image.Id, cancellationToken) is { } content)
            {
                blocks.Add(ImageContentBlock.FromBytes(content.Data, content.MediaType));
            }
        }

        return Result(ReadTrajectory.Of(trajectory), blocks);
    }

    private static CallToolResult Result<T>(T value, IEnumerable<ContentBlock> blocks) =>
        new() { Content = [new TextContentBlock { Text = McpJson.Text(value) }, .. blocks], StructuredContent = McpJson.Element(value) };
}
