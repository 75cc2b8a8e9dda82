namespace GenAgent.Bench.Scale;

/// <summary>Events in the order of their times; those of one time in the order in which they were planned.</summary>
internal sealed class EventClock
{
    private readonly PriorityQueue<Action, (double Time, long Number)> _events = new();
    private long _planned;

    /// <summary>Seconds since the beginning.</summary>
    public double Now { get; private set; }

    /// <summary>Plans an event.</summary>
    public void In(double seconds, Action happens) => _events.Enqueue(happens, (Now + seconds, _planned++));

    /// <summary>Lets all events happen, those included that are planned meanwhile.</summary>
    public void Run()
    {
        while (_events.TryDequeue(out var happens, out var at))
        {
            Now = at.Time;
            happens();
        }
    }
}

/// <summary>Places that serve one request each, first come, first served: the sequences that a chat server decodes at once, or image servers.</summary>
internal sealed class Station(EventClock clock, int places)
{
    private readonly int _places = places;
    private readonly Queue<(Func<double> Service, Action Done)> _waiting = new();
    private int _free = places;
    private double _busy;

    /// <summary>Place-seconds of service so far, divided by those that there were.</summary>
    public double Utilization => clock.Now == 0 ? 0 : _busy / (clock.Now * _places);

    /// <summary>Waits for a place, is served, and goes on.</summary>
    /// <param name="service">Seconds of service, asked when it begins.</param>
    /// <param name="done">What happens then.</param>
    public void Enter(Func<double> service, Action done)
    {
        _waiting.Enqueue((service, done));
        Serve();
    }

    private void Serve()
    {
        while (_free > 0 && _waiting.TryDequeue(out var next))
        {
            _free--;
            var seconds = next.Service();
            _busy += seconds;
            clock.In(seconds, () =>
            {
                _free++;
                next.Done();
                Serve();
            });
        }
    }
}
