using GenAgent.Agents;
using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Runs;
using GenAgent.Protocol;
using GenAgent.Seeds;
using GenAgent.Server.Backends;
using GenAgent.Server.Browse;
using GenAgent.Server.Storage;
using GenAgent.Telemetry;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Server.Jobs;

/// <summary>
/// Runs one sample of a job and keeps its trajectory. The trajectory's id follows from the job and the sample: one that a killed process has kept already is
/// taken as it is.
/// </summary>
internal sealed class SampleRunner(DataFolder folder, TrajectoryIndex index, Previews previews, Reruns reruns, SecretMask secrets)
{
    private const int Turns = 64;

    private readonly SemaphoreSlim[] _keeping = [.. Enumerable.Range(0, Turns).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Runs it.</summary>
    /// <exception cref="OperationCanceledException">It was told to end.</exception>
    public async Task<JobSample> RunAsync(
        Job job, int sample, IReadOnlyList<byte[]> inputs, AgentComposition composition, JobJournal journal, CancellationToken ends)
    {
        var id = $"{job.Id}-{sample}";

        // Opened first: that mends what a killed process left.
        var store = await folder.StoreAsync(ends);
        if (journal.IsAgain && await index.ReadAsync(id, ends) is { } kept)
        {
            Tell(new RunCompletedEvent(id, kept.Rounds.Count, new AgentResult(kept, [], null)));
            return Of(sample, kept);
        }

        var observer = new Observer(happened => Tell(happened), store);
        try
        {
            return await RunAsync(job, sample, id, inputs, composition, observer, store, journal, ends);
        }
        finally
        {
            previews.Remove(job.Id, sample);
        }

        void Tell(AgentEvent happened)
        {
            var preview = happened is ProgressEvent { Progress.Preview: { } image } ? previews.Keep(job.Id, sample, image) : null;
            var (kind, members) = JobEvents.OfRun(sample, happened, preview);
            journal.Add(sample, kind, members);
        }
    }

    private async Task<JobSample> RunAsync(
        Job job, int sample, string id, IReadOnlyList<byte[]> inputs, AgentComposition composition, Observer observer, TrajectoryStore store,
            JobJournal journal, CancellationToken ends)
    {
        var images = inputs.Select(input => new DataContent(input, "image/png")).ToList();
        var seed = SeedPath.FromRoot((ulong)job.Request.Seed!.Value);
        var request = new AgentRequest(job.Request.Prompt)
        {
            Id = id,
            Seed = job.Request.Count == 1 ? seed.Child("trajectory") : seed.Child("trajectory", sample),
            OriginalImages = images,
            Task = new() { Key = id, PromptId = job.Id, Sample = sample, Index = sample },
        };
        if (job.Request.From is { } from) (request, composition) = await reruns.BeginAsync(request, from, composition, ends);
        Trajectory trajectory;
        IReadOnlyDictionary<string, DataContent> made;
        try
        {
            var (result, _) = await new PromptRun(composition).RunAsync(request, observer, ends);
            (trajectory, made) = (result.Trajectory, result.Images);
        }
        catch (NoImageException none)
        {
            (trajectory, made) = (composition.Named(none.Trajectory), Named(none.Trajectory.OriginalImages, request.OriginalImages));
        }
        catch (RunCanceledException)
        {
            throw new OperationCanceledException(ends);
        }
        catch (ArgumentException wrong)
        {
            return new(sample) { Reason = secrets.Mask(ErrorMessages.Of(wrong)) };
        }

        // A run that was stopped half-way is made again, or is not wanted.
        if (trajectory.StopReason == StopReason.Cancelled) throw new OperationCanceledException(ends);
        trajectory = await KeepAsync(trajectory, made, store, journal, ends);
        observer.TellEnd(trajectory, made);
        return Of(sample, trajectory);
    }

    // A worker that lost its lease without knowing it keeps nothing: the lease is asked for at the last moment. In one process both wait for each other here.
    private async Task<Trajectory> KeepAsync(
        Trajectory trajectory, IReadOnlyDictionary<string, DataContent> made, TrajectoryStore store, JobJournal journal, CancellationToken ends)
    {
        var turn = _keeping[(uint)string.GetHashCode(trajectory.Id, StringComparison.Ordinal) % (uint)_keeping.Length];
        await turn.WaitAsync(ends);
        try
        {
            if (!await journal.HoldAsync()) throw new OperationCanceledException();
            if (journal.IsAgain && await index.ReadAsync(trajectory.Id, ends) is { } kept) return kept;
            await store.AppendAsync(trajectory, made, CancellationToken.None);
            return trajectory;
        }
        finally
        {
            turn.Release();
        }
    }

    private static Dictionary<string, DataContent> Named(IReadOnlyList<ImageReference> references, IReadOnlyList<DataContent> images) =>
        references.Zip(images).DistinctBy(pair => pair.First.Id, StringComparer.Ordinal)
            .ToDictionary(pair => pair.First.Id, pair => pair.Second, StringComparer.Ordinal);

    private JobSample Of(int sample, Trajectory trajectory)
    {
        var judgment = trajectory.Rounds.LastOrDefault(round => round.Judgment is not null)?.Judgment;
        var reason = judgment?.Text
            ?? (trajectory.Answer is null ? trajectory.Error ?? (trajectory.Rounds is [.., var ended] ? ended.Answer : null)
            ?? trajectory.Faults.LastOrDefault()?.Message ?? trajectory.StopReason.ToString() : null);
        return new(sample)
        {
            Trajectory = trajectory.Id,
            Image = trajectory.FinalImage?.Id,
            Images = [.. trajectory.Rounds.SelectMany(round => round.Images).Select(image => image.Id)],
            Passed = judgment?.Verdict is { } verdict ? verdict == Verdict.Pass : null,
            Reason = reason is null ? null : secrets.Mask(reason),
        };
    }

    /// <summary>Passes events on; an image is on the disk before anyone is told of it, and the end is told when the trajectory is kept.</summary>
    private sealed class Observer(Action<AgentEvent> tell, TrajectoryStore store) : IRunObserver
    {
        public void Show(AgentEvent happened)
        {
            if (happened is RunCompletedEvent) return;
            if (happened is ImageEvent image) DataFolder.KeepImage(store, image.Reference, image.Image.Data);
            tell(happened);
        }

        public void Show(GenAgent.Judging.Judgment judgment)
        {
        }

        public void Finish()
        {
        }

        public void TellEnd(Trajectory trajectory, IReadOnlyDictionary<string, DataContent> images) =>
            tell(new RunCompletedEvent(trajectory.Id, trajectory.Rounds.Count, new AgentResult(trajectory, [], null) { Images = images }));
    }
}
