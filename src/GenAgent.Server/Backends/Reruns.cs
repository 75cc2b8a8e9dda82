using GenAgent.Agents;
using GenAgent.Hosting.Composition;
using GenAgent.Server.Browse;
using GenAgent.Server.Jobs;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Backends;

/// <summary>
/// Makes runs that go on from a turn of a stored trajectory: the turns before are said again word by word, with the images that they brought.
/// </summary>
internal sealed class Reruns(TrajectoryIndex index)
{
    /// <summary>The request and the agent of such a run.</summary>
    /// <exception cref="RefusedException">The trajectory is gone.</exception>
    public async Task<(AgentRequest Request, AgentComposition Agent)> BeginAsync(
        AgentRequest request, RerunPoint from, AgentComposition agent, CancellationToken cancellationToken)
    {
        var found = await index.ReadAsync(from.Trajectory, cancellationToken)
            ?? throw RefusedException.NotFound($"Trajectory {from.Trajectory} is not here any more.");
        var turns = new List<StoredTurn>();
        foreach (var round in found.Rounds.Take(from.Turn))
        {
            var images = new List<DataContent>();
            foreach (var image in round.Images) images.Add(await ImageAsync(image, cancellationToken));
            turns.Add(new(round, images));
        }

        var originals = new List<DataContent>();
        foreach (var image in found.OriginalImages) originals.Add(await ImageAsync(image, cancellationToken));
        var position = new StoredPosition(turns);
        var composed = agent.With(
            agent.Agent.Options, (chat, generator) => (new StoredTurnsChatClient(chat, position), new StoredTurnsImageGenerator(generator, position)));
        return (request with { OriginalImages = originals, Task = request.Task! with { LearnFrom = from.Turn } }, composed);
    }

    private async Task<DataContent> ImageAsync(ImageReference image, CancellationToken cancellationToken)
    {
        var content = await index.ReadImageAsync(image.Id, cancellationToken) ?? throw RefusedException.NotFound($"Image {image.Id} is not here any more.");
        var data = new DataContent(content.Data, content.MediaType);
        return image.Seed is { } seed ? GenAgent.Generators.ImageOptionsExtensions.WithSeed(data, seed) : data;
    }
}

/// <summary>A turn that is said again.</summary>
/// <param name="Round">The turn.</param>
/// <param name="Images">The images that it brought.</param>
internal sealed record StoredTurn(Round Round, IReadOnlyList<DataContent> Images);

/// <summary>Where among the stored turns a run is. Safe to use from many tasks at once.</summary>
internal sealed class StoredPosition(IReadOnlyList<StoredTurn> turns)
{
    private readonly Lock _lock = new();
    private int _turn = -1;
    private int _image;

    /// <summary>The next stored turn; null when the model itself goes on.</summary>
    public StoredTurn? NextTurn()
    {
        lock (_lock)
        {
            (_turn, _image) = (_turn + 1, 0);
            return _turn < turns.Count ? turns[_turn] : null;
        }
    }

    /// <summary>The next image of the turn that is under way; null when the generator itself is to make it.</summary>
    public DataContent? NextImage()
    {
        lock (_lock) return _turn >= 0 && _turn < turns.Count && _image < turns[_turn].Images.Count ? turns[_turn].Images[_image++] : null;
    }
}
