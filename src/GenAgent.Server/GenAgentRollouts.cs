using GenAgent.Hosting;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Models;
using GenAgent.Server.Environments;
using GenAgent.Trajectories;
using GenAgent.Validation;
using Microsoft.Extensions.Logging;

namespace GenAgent.Server;

/// <summary>
/// Makes rollouts for another trainer: takes tasks from agent-lightning's server, runs them through the agent with the trainer's model behind the server's
/// proxy, judges them, and posts the rewards.
/// </summary>
public static class GenAgentRollouts
{
    private const string ModelVariable = "AGL_OPENAI_BASE_URL";
    private const string EventsVariable = "AGL_EVENT_URL";

    /// <summary>Works on the server's queue; or, without a server, on the one task that the controller's variables name.</summary>
    /// <param name="host">Folder, variables, clock and backends.</param>
    /// <param name="settings">The configuration: <c>Rollouts</c>, <c>Environment</c>, <c>Server</c>, <c>Backends</c>, <c>Agent</c> and <c>Judging</c>.</param>
    /// <param name="prompt">The task's prompt, where there is no server; null for none.</param>
    /// <param name="once">Whether to end when nothing waits.</param>
    /// <param name="report">Is told of each rollout that ended.</param>
    /// <param name="notice">Is told what a user should know.</param>
    /// <param name="loggerFactory">Where the agent logs; null for nowhere.</param>
    /// <param name="cancellationToken">Stops; what runs is closed as failed.</param>
    /// <returns>How many rollouts do not count.</returns>
    /// <exception cref="OptionException">There is no judge, no server, or no prompt.</exception>
    /// <exception cref="BackendUriException">A backend cannot be opened.</exception>
    public static async Task<int> RunAsync(
        HostEnvironment host, Settings settings, string? prompt, bool once, Action<RemoteOutcome> report, Action<string> notice, ILoggerFactory? loggerFactory,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(report);
        var options = settings.Get<RemoteRolloutOptions>(RemoteRolloutOptions.SectionName);
        var rewards = settings.Get<EnvironmentOptions>(EnvironmentOptions.SectionName);
        OptionRules.Validate(options, RemoteRolloutOptions.SectionName);
        OptionRules.Validate(rewards, EnvironmentOptions.SectionName);
        var server = options.Server is { Length: > 0 } text ? Address("--server", text.TrimEnd('/') + "/") : null;
        (RemoteTask Task, Uri Model, Uri Events)? single = server is null ? Single(host, prompt) : null;
        var key = settings.Root[$"{Secrets.SectionName}:{RemoteRollouts.Secret}"] is { Length: > 0 } named ? named : null;
        var registry = OutsideChatClient.AddTo(BackendComposition.Create(host, settings, loggerFactory));
        using var composition = await OutsideAgent.ComposeAsync(
            host, settings, registry, "Rollouts are rewarded, and need", loggerFactory, cancellationToken);
        var folder = Path.Combine(host.FullPath(settings.Get<ServerOptions>(ServerOptions.SectionName).Data), "rollouts");
        await using var store = await TrajectoryStore.OpenAsync(folder, settings.SecretMask, cancellationToken);
        using var client = new AgentLightningClient(server, key);
        var rollouts = new RemoteRollouts(composition, registry, client, store, options, rewards, host.Time, host.FreshSeed, key is not null);
        if (server is not null) return await rollouts.WorkAsync(server, once, report, notice, cancellationToken);
        var outcome = await rollouts.RunAsync(single!.Value.Task, single.Value.Model, single.Value.Events, cancellationToken);
        report(outcome);
        return outcome.Excluded is null ? 0 : 1;
    }

    private static (RemoteTask Task, Uri Model, Uri Events) Single(HostEnvironment host, string? prompt)
    {
        if (host.Environment.GetValueOrDefault(ModelVariable) is not { Length: > 0 } model
            || host.Environment.GetValueOrDefault(EventsVariable) is not { Length: > 0 } events)
        {
            throw new OptionException(
                $"No tasks are named: --server http://HOST:8080 works on a queue; one task by itself has the variables {ModelVariable} and {EventsVariable}, "
                    + "as agent-lightning's controller sets them.");
        }

        if (string.IsNullOrWhiteSpace(prompt)) throw new OptionException("The task has no prompt: give it as the argument.");

        // .../rollout/{id}/attempt/{n}/mode/{mode}/openai/v1
        var address = Address(ModelVariable, model);
        var parts = address.AbsolutePath.Split('/');
        return (
            new(After("rollout") ?? "rollout", After("attempt") ?? "0", prompt, After("mode") ?? "train"), address, Address(EventsVariable, events));

        string? After(string name) =>
            Array.IndexOf(parts, name) is >= 0 and var at && at + 1 < parts.Length ? Uri.UnescapeDataString(parts[at + 1]) : null;
    }

    private static Uri Address(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", UserInfo.Length: 0 }
            ? uri
            : throw new OptionException($"{name}: \"{text}\" is no address: write http://HOST:PORT, without a password.");
}
