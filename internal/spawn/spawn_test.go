package spawn_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"

	"plone.example/restapi/internal/spawn"
)

func TestTask_Wait(t *testing.T) {
	t.Parallel()
	ran := false
	spawn.Go(func() { ran = true }).Wait()
	assert.True(t, ran)

	value := &struct{ name string }{"the same"}
	task := spawn.Go(func() { panic(value) })
	for range 2 { // as often as it is asked
		assert.PanicsWithValue(t, value, task.Wait)
	}
	assert.Panics(t, spawn.Go(func() { panic(nil) }).Wait) //nolint:govet // what becomes of it

	task = spawn.Go(runtime.Goexit)
	<-task.Done()
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		task.Wait()
		returned = true
	}()
	<-ended
	assert.False(t, returned, "runtime.Goexit is no success")
}

func TestEnding_Catch(t *testing.T) {
	t.Parallel()
	var e spawn.Ending
	e.Catch(func() {})
	assert.False(t, e.Early())
	e.Repeat()
	e.Catch(func() { panic("x") })
	assert.True(t, e.Early())
	assert.PanicsWithValue(t, "x", e.Repeat)
}
