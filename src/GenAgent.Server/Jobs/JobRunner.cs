using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Server.Backends;
using GenAgent.Telemetry;

namespace GenAgent.Server.Jobs;

/// <summary>Runs one job from its claim to its end. A backend that hangs does not hold it beyond its deadline.</summary>
internal sealed class JobRunner(
    JobTable table, JobHub hub, ServedAgents agents, SampleRunner samples, ServerOptions options, SecretMask secrets, ServerTelemetry telemetry,
    TimeProvider time)
{
    // What a run has to end after it is told to: one that takes longer is left behind.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="claimed">The job.</param>
    /// <param name="requeue">Gives the job back.</param>
    public async Task RunAsync(ClaimedJob claimed, CancellationToken requeue)
    {
        var (job, started) = (claimed.Job, time.GetTimestamp());
        await using var journal = new JobJournal(table, hub, claimed, TimeSpan.FromSeconds(options.LeaseSeconds), time);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(job.Request.Deadline ?? options.JobSeconds), time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, requeue, journal.Lost, journal.Cancelled);
        using var span = telemetry.StartJob(job);
        journal.Start();
        AddState(journal, JobEvents.OfState(0, JobState.Running, attempt: job.Attempts));

        var (done, failure) = await RunSamplesAsync(claimed, journal, ends.Token);
        await journal.CloseAsync();
        if (journal.Lost.IsCancellationRequested) return;
        if (requeue.IsCancellationRequested && !journal.Cancelled.IsCancellationRequested && !deadline.IsCancellationRequested
            && failure is OperationCanceledException)
        {
            await table.RequeueAsync(job.Id, claimed.Lease, JobEvents.OfState(journal.Last + 1, JobState.Queued), CancellationToken.None);
            return;
        }

        var state = journal.Cancelled.IsCancellationRequested ? JobState.Cancelled : failure is null
            && done.Any(sample => sample.Image is not null) ? JobState.Succeeded : JobState.Failed;
        var error = state != JobState.Failed ? null : ErrorOf(job, done, failure, deadline.IsCancellationRequested);
        var last = JobEvents.OfState(journal.Last + 1, state, error, done);
        if (!await table.FinishAsync(job.Id, claimed.Lease, state, error, done, last, CancellationToken.None)) return;
        hub.Tell(job.Id, last.Sequence);
        telemetry.EndJob(span, state, time.GetElapsedTime(started));
    }

    private async Task<(IReadOnlyList<JobSample> Samples, Exception? Failure)> RunSamplesAsync(ClaimedJob claimed, JobJournal journal, CancellationToken ends)
    {
        var job = claimed.Job;
        var done = new JobSample[job.Request.Count];
        for (var index = 0; index < done.Length; index++) done[index] = new(index);
        try
        {
            if (job.Attempts > options.Attempts)
            {
                throw new InvalidOperationException($"The job was started {options.Attempts} times, and each server that ran it died.");
            }
            ends.ThrowIfCancellationRequested();
            var runs = Task.Run(
                async () =>
                {
                    var inputs = await table.InputsAsync(job.Id, ends);
                    using var composition = await ComposeAsync(job, ends);
                    await Task.WhenAll(
                        done.Select(async sample => done[sample.Index] = await samples.RunAsync(job, sample.Index, inputs, composition, journal, ends)));
                },
                CancellationToken.None);
            await EndAsync(runs, ends);
            return ([.. done], null);
        }
        catch (Exception failure)
        {
            return ([.. done], failure);
        }
    }

    // Ended runs are waited for, hung ones are not.
    private async Task EndAsync(Task runs, CancellationToken ends)
    {
        var told = new TaskCompletionSource();
        await using var registration = ends.Register(() => told.TrySetResult());
        if (await Task.WhenAny(runs, told.Task) == runs)
        {
            await runs;
            return;
        }

        try
        {
            await runs.WaitAsync(Grace, time, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _ = runs.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        ends.ThrowIfCancellationRequested();
    }

    private async Task<AgentComposition> ComposeAsync(Job job, CancellationToken ends)
    {
        var composition = await agents.GetAsync(job.Request.Agent, job.Request.Generator, ends);
        var own = composition.Agent.Options;
        return composition.With(
            own with { MaxRounds = job.Request.Rounds ?? own.MaxRounds, Width = job.Request.Size?.Width ?? own.Width, Height = job.Request.Size?.Height
            ?? own.Height });
    }

    private string ErrorOf(Job job, IReadOnlyList<JobSample> done, Exception? failure, bool isLate)
    {
        var error = isLate ? $"The job did not end within {job.Request.Deadline ?? options.JobSeconds} seconds."
            : failure is not null ? ErrorMessages.Of(failure)
            : done.Select(sample => sample.Reason).FirstOrDefault(reason => reason is not null) ?? "No run made an image.";
        return secrets.Mask(error);
    }

    private static void AddState(JobJournal journal, JobEvent state) =>
        journal.Add(state.Sample, state.Kind, System.Text.Json.Nodes.JsonNode.Parse(state.Json)!.AsObject());
}
